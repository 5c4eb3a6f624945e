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

export function createFormats(locale: Locale): Formats {
  const number = new Intl.NumberFormat(locale);
  const compact = new Intl.NumberFormat(locale, { notation: "compact", maximumFractionDigits: 1 });
  const percent = new Intl.NumberFormat(locale, { style: "percent" });
  const time = (zone: "utc" | "local", second?: "2-digit") =>
    new Intl.DateTimeFormat(locale, {
      hour: "2-digit",
      minute: "2-digit",
      hourCycle: "h23",
      ...(second ? { second } : {}),
      ...(zone === "utc" ? { timeZone: "UTC" } : {}),
    });
  const times = { utc: time("utc"), local: time("local") };
  const seconds = time("local", "2-digit");
  const dateTime = new Intl.DateTimeFormat(locale, { dateStyle: "full", timeStyle: "short" });
  return {
    number: (value) => number.format(value),
    compact: (value) => compact.format(value),
    percent: (share) => percent.format(share),
    time: (epochMs, zone) => times[zone].format(epochMs),
    timeWithSeconds: (epochMs) => seconds.format(epochMs),
    dateTime: (epochMs) => dateTime.format(epochMs),
  };
}
