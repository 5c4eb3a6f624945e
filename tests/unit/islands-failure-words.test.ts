/** What a person reads of a request that was refused for a while. */
import { expect, test } from "vitest";
import { againWords, failureWords } from "../../islands/failure-words.ts";
import { createFormats } from "../../islands/formats.ts";
import { messagesFor } from "../../islands/messages.ts";
import { isOutcomeUnknown } from "../../islands/outcome-unknown.ts";

const RETRY_AT = 1_700_000_000_001;
const limited = { kind: "problem", code: "rate_limited", status: 429, detail: "…", retryable: true } as const;

test.each(["en", "ja"] as const)("failureWords() says when a refused message may go out, in %s", (locale) => {
  const words = { messages: messagesFor(locale), formats: createFormats(locale) };
  const { problem, possibleAgain, kept } = words.messages;
  const time = words.formats.timeWithSeconds(RETRY_AT + 999);
  expect(failureWords({ ...limited, retryAt: RETRY_AT }, words)).toBe(
    `${problem("rate_limited")} ${possibleAgain(time)} ${kept}`,
  );
  expect(failureWords(limited, words)).toBe(`${problem("rate_limited")} ${kept}`);
});

test("againWords() says nothing where nobody knows", () => {
  const words = { messages: messagesFor("en"), formats: createFormats("en") };
  expect([againWords(limited, words), againWords({ kind: "network" }, words)]).toEqual(["", ""]);
});

test("isOutcomeUnknown() tells what may have been done from what was refused", () => {
  const problem = (code: string) => ({ ...limited, code });
  const unknown = [
    { kind: "network" },
    { kind: "timeout" },
    problem("runtime_timeout"),
    problem("runtime_network_failed"),
    { kind: "malformed", status: 200 },
    { kind: "malformed", status: 504 },
  ] as const;
  const refused = [limited, problem("runtime_refused"), { kind: "malformed", status: 413 }, undefined] as const;
  expect(unknown.map(isOutcomeUnknown)).toEqual(unknown.map(() => true));
  expect(refused.map(isOutcomeUnknown)).toEqual(refused.map(() => false));
});
