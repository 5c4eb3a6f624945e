/** What the tour offers, in its order. Owns the list; `tour.ts` does it and the catalogues say it. */

/** A button of the tour. */
export type TourStep =
  /** Says something that the demo answers in a way of its own. */
  | { readonly id: SaidStepId; readonly kind: "say"; readonly command: string }
  /** Happens to an answer that is being written. */
  | { readonly id: "drop" | "restart"; readonly kind: "fault" };

type SaidStepId = "rate-limit" | "stall" | "malformed" | "cut" | "auth" | "long" | "think";

/** The name of a step, e.g. `drop`. */
export type TourStepId = TourStep["id"];

/** Steps that belong together. */
export interface TourGroup {
  readonly id: TourGroupId;
  readonly steps: readonly TourStep[];
}

export type TourGroupId = "link" | "provider" | "answers";

const say = (id: SaidStepId): TourStep => ({ id, kind: "say", command: `/demo ${id}` });

export const TOUR: readonly TourGroup[] = [
  {
    id: "link",
    steps: [
      { id: "drop", kind: "fault" },
      { id: "restart", kind: "fault" },
    ],
  },
  { id: "provider", steps: [say("rate-limit"), say("stall"), say("malformed"), say("cut"), say("auth")] },
  { id: "answers", steps: [say("long"), say("think")] },
];

/** What is asked for where something needs an answer that is being written. */
export const SLOW_COMMAND = "/demo slow";
