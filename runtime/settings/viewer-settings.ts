/**
 * What visitors of the workspace server may see and do: the rows. What the patterns mean is in
 * `server/access/viewer-policy.ts`.
 */
import { VISITOR_PATTERN, VISITOR_PATTERN_EXPECTED } from "../../protocol/viewer-rules.ts";
import { list } from "./setting.ts";

const patterns = { pattern: VISITOR_PATTERN, expected: VISITOR_PATTERN_EXPECTED } as const;

export const viewerSettings = {
  YOI_READ_ONLY_VIEWERS: list({
    key: "viewers.read_only",
    about: "Who may see Workers and command nothing, e.g. `*,!ada`. See [who sees what](access.md).",
    ...patterns,
  }),
  YOI_HIDE_INNER_WORK_FROM: list({
    key: "viewers.hide_inner_work_from",
    about: "Who sees neither what a model thinks nor what tools are given and give back, e.g. `*@guests.example`.",
    ...patterns,
  }),
  YOI_OWNERS: list({
    key: "viewers.owners",
    about:
      "Who may change these two rules while the server runs. Without it: whoever holds the access token; where nobody " +
      "logs in and only this machine reaches the server, anyone.",
    ...patterns,
  }),
};
