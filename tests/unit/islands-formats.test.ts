/** Numbers by hand are those that the languages' own formats would write. */
import { describe, expect, test } from "vitest";
import { createFormats } from "../../islands/formats.ts";
import { messagesFor } from "../../islands/messages.ts";

const COUNTS = [0, 7, 42, 999, 1_000, 12_345, 999_999, 1_000_000, 123_456_789, Number.MAX_SAFE_INTEGER];
const OTHERS = [-1, -12_345, -0, 0.5, 1_234.567, 1e21, Infinity, NaN];
const SHARES = [0, 0.01, 0.07, 0.285, 0.29, 0.5, 0.575, 0.999, 1, 12.5, -0.25, NaN];

describe.each(["en", "ja"] as const)("createFormats() in %s", (locale) => {
  const formats = createFormats(locale);

  test.each([...COUNTS, ...OTHERS])("number(%d) is what Intl writes", (value) => {
    expect(formats.number(value)).toBe(new Intl.NumberFormat(locale).format(value));
  });

  test.each(SHARES)("percent(%d) is what Intl writes", (share) => {
    expect(formats.percent(share)).toBe(new Intl.NumberFormat(locale, { style: "percent" }).format(share));
  });
});

test.each([
  ["en", ["59 s", "1 min 0 s", "2 min 0 s", "60 min 0 s"]],
  ["ja", ["59 秒", "1 分 0 秒", "2 分 0 秒", "60 分 0 秒"]],
] as const)("a duration has no sixtieth second, in %s", (locale, written) => {
  expect([59_400, 59_600, 119_700, 3_599_900].map(messagesFor(locale).duration)).toEqual(written);
});
