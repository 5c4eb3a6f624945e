/**
 * How much one client, and all of them, may ask of the workspace server: the rows. What they mean together is in
 * `server/access/client-limits.ts`.
 */
import { duration, integer } from "./setting.ts";

const MAX_PER_MINUTE = 1_000_000;
const MAX_VIEWERS = 1_000_000;
const MIN_TIMEOUT_MS = 100;

export const clientSettings = {
  // A person types a few a minute and a page in trouble comes back a few times; a script sends ten a second.
  YOI_COMMANDS_PER_MINUTE: integer({
    key: "clients.commands_per_minute",
    about:
      "Commands that one client may send in a minute, or at once after a minute's rest; `0` for any number. " +
      "See [security](security.md).",
    min: 0,
    max: MAX_PER_MINUTE,
    fallback: 1_200,
  }),
  YOI_CONNECTS_PER_MINUTE: integer({
    key: "clients.connects_per_minute",
    about: "The same for sockets and streams that it opens.",
    min: 0,
    max: MAX_PER_MINUTE,
    fallback: 600,
  }),
  YOI_HEAD_TIMEOUT_MS: duration({
    key: "clients.head_timeout_ms",
    about: "How long a request's head may take to arrive.",
    minMs: MIN_TIMEOUT_MS,
    fallback: 15_000,
  }),
  YOI_BODY_TIMEOUT_MS: duration({
    key: "clients.body_timeout_ms",
    about: "The same for a body. A conversation's file has two minutes.",
    minMs: MIN_TIMEOUT_MS,
    fallback: 30_000,
  }),
  YOI_MAX_VIEWERS: integer({
    key: "clients.max_viewers",
    about: "Sockets and streams that may be open at the same time.",
    min: 1,
    max: MAX_VIEWERS,
    fallback: 10_000,
  }),
  YOI_MAX_VIEWERS_PER_WORKER: integer({
    key: "clients.max_viewers_per_worker",
    about: "The same for one Worker.",
    min: 1,
    max: MAX_VIEWERS,
    fallback: 2_000,
  }),
  YOI_MAX_VIEWERS_PER_CLIENT: integer({
    key: "clients.max_viewers_per_client",
    about: "The same for one client: a login, a user, or an address.",
    min: 1,
    max: MAX_VIEWERS,
    fallback: 500,
  }),
};
