/**
 * Numbers and times in the page's language. Times are formatted in UTC until the page has come alive, since the server
 * does not know the reader's time zone and both must render the same text.
 */
import type { Locale } from "./console-data.ts";

export interface Formats {
  /** `12,345` */
  number(value: number): string;
  /** `12.3K` */
  compact(value: number): string;
  /** `42%`, of a share within 0 and 1. */
  percent(share: number): string;
  /** `14:03` */
  time(epochMs: number, zone: "utc" | "local"): string;
  /** `14:03:27` */
  timeWithSeconds(epochMs: number): string;
  /** `Saturday, 21 November 2026 at 14:03` */
  dateTime(epochMs: number): string;
}

/**
 * Each format is made when it is first used, and counts need none: the first `Intl` object of a process loads the
 * world's languages, which takes longer than the page around it.
 */
export function createFormats(locale: Locale): Formats {
  const number = once(() => new Intl.NumberFormat(locale));
  const compact = once(() => new Intl.NumberFormat(locale, { notation: "compact", maximumFractionDigits: 1 }));
  const percent = once(() => new Intl.NumberFormat(locale, { style: "percent" }));
  const time = (zone: "utc" | "local", second?: "2-digit") =>
    once(
      () =>
        new Intl.DateTimeFormat(locale, {
          hour: "2-digit",
          minute: "2-digit",
          hourCycle: "h23",
          ...(second ? { second } : {}),
          ...(zone === "utc" ? { timeZone: "UTC" } : {}),
        }),
    );
  const times = { utc: time("utc"), local: time("local") };
  const seconds = time("local", "2-digit");
  const dateTime = once(() => new Intl.DateTimeFormat(locale, { dateStyle: "full", timeStyle: "short" }));
  return {
    number: (value) => (isPlain(value) ? grouped(value) : number().format(value)),
    compact: (value) => compact().format(value),
    percent: (share) => (isPlain(share * 100) ? `${grouped(share * 100)}%` : percent().format(share)),
    time: (epochMs, zone) => times[zone]().format(epochMs),
    timeWithSeconds: (epochMs) => seconds().format(epochMs),
    dateTime: (epochMs) => dateTime().format(epochMs),
  };
}

function isPlain(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0 && !Object.is(value, -0);
}

/** `12,345`, which both languages write alike. */
function grouped(count: number): string {
  return String(count).replace(/\B(?=(?:\d{3})+$)/g, ",");
}

function once<Value>(make: () => Value): () => Value {
  let value: Value | undefined;
  return () => (value ??= make());
}
