/** Placeholders, and the Companion's own prompts. */
import { describe, expect, test } from "vitest";
import { COMPANION_PROMPTS, renderCompanionPrompt } from "../../prompts/companion.ts";
import { placeholdersOf, renderPrompt } from "../../prompts/prompt.ts";

describe("renderPrompt()", () => {
  test("fills every placeholder in, as often as it stands", () => {
    expect(renderPrompt("{{a}} and {{ b }} and {{a}}", { a: "1", b: "2" })).toBe("1 and 2 and 1");
  });

  test("inserts values as they are", () => {
    expect(renderPrompt("<{{a}}>", { a: "{{b}} $& $1 \\" })).toBe("<{{b}} $& $1 \\>");
  });

  test("throws a TypeError when a placeholder has no value", () => {
    expect(() => renderPrompt("{{a}} {{b}} {{constructor}}", { a: "1" })).toThrow(
      new TypeError("Cannot render the prompt: b, constructor has no value"),
    );
  });

  test("throws a TypeError when a value has no placeholder", () => {
    expect(() => renderPrompt("{{a}}", { a: "1", b: "2" })).toThrow(
      new TypeError("Cannot render the prompt: b is not a placeholder"),
    );
  });

  test("leaves braces alone that are no placeholder", () => {
    expect(renderPrompt("{a} {{ }} {{1}} style={{ color: 'red' }}", {})).toBe(
      "{a} {{ }} {{1}} style={{ color: 'red' }}",
    );
  });
});

describe("renderCompanionPrompt()", () => {
  const values = { workspace: "Canary workspace", language: "日本語", date: "2026-11-21" };

  test.each(["en", "ja"] as const)(
    "fills the %s prompt in with the workspace, the language and the date",
    (language) => {
      const template = COMPANION_PROMPTS[language];
      expect(placeholdersOf(template).toSorted()).toEqual(["date", "language", "workspace"]);
      const prompt = renderCompanionPrompt(template, values);
      expect(Object.values(values).filter((value) => !prompt.includes(value))).toEqual([]);
      expect(placeholdersOf(prompt)).toEqual([]);
    },
  );

  test("takes a prompt that mentions only some of the values", () => {
    expect(renderCompanionPrompt("It is {{date}}.\n", values)).toBe("It is 2026-11-21.");
  });

  test("throws a TypeError for a placeholder that there is no value for", () => {
    expect(() => renderCompanionPrompt("{{api_key}}", values)).toThrow(TypeError);
  });
});
