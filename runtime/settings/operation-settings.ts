/**
 * How a program is run: the rows of its log and of its end, which every program shares. What they mean together is in
 * `operation-config.ts`.
 */
import { LOG_FORMATS, LOG_LEVELS } from "../log.ts";
import { choice, integer, path } from "./setting.ts";

const MAX_GRACE_MS = 3_600_000;

export const operationSettings = {
  YOI_CONFIG: path({
    key: null,
    about: "The configuration file, where it is not `yoi.config.jsonc` in the working folder. `--config` wins over it.",
  }),
  YOI_LOG_LEVEL: choice({
    key: "log.level",
    about: "How much is logged, see [operations](operations.md).",
    values: LOG_LEVELS,
    fallback: "info",
  }),
  YOI_LOG_FORMAT: choice({
    key: "log.format",
    about: "`json` for programs, `text` for people; `auto` is `text` on a terminal.",
    values: LOG_FORMATS,
    fallback: "auto",
  }),
  YOI_SHUTDOWN_GRACE_MS: integer({
    key: "shutdown.grace_ms",
    about: "How long runs may go on after the process was asked to end.",
    unit: "ms",
    min: 0,
    max: MAX_GRACE_MS,
    fallback: 10_000,
  }),
};
