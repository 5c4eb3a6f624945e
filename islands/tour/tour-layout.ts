/**
 * Whether the tour is shown. Owns the three states and their cookie, which the server reads so that nothing moves when the
 * page comes alive: `open` is open where there is room beside the conversation, `shown` also where there is not.
 */
import * as z from "zod/mini";

export const TourLayout = z.enum(["open", "shown", "closed"]);
export type TourLayout = z.infer<typeof TourLayout>;

/** Remembers that it was closed. */
export const TOUR_COOKIE = "yoi_tour";
