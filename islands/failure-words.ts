/** A failed request in a person's words: what happened, when it may go better, and what became of the text. */
import { isProblemCode } from "../protocol/problem.ts";
import type { Formats } from "./formats.ts";
import type { Messages } from "./messages.ts";
import type { ApiFailure } from "./store/api-client.ts";

/** What failures are told with. */
interface Words {
  readonly messages: Messages;
  readonly formats: Formats;
}

/** A problem by its code; `detail` is what the server said of it, for a code of a newer server. */
export function problemWords(code: string, detail: string, messages: Messages): string {
  return isProblemCode(code) ? messages.problem(code) : detail;
}

/** When what was refused may succeed, to be put behind what else is said; nothing where that is not known. */
export function againWords(failure: ApiFailure | undefined, { messages, formats }: Words): string {
  if (failure?.kind !== "problem" || failure.retryAt === undefined) return "";
  // Whoever tries in the second that is named is not too early.
  return ` ${messages.possibleAgain(formats.timeWithSeconds(failure.retryAt + 999))}`;
}

export function failureWords(failure: ApiFailure, words: Words): string {
  const { messages } = words;
  switch (failure.kind) {
    case "problem":
      return `${problemWords(failure.code, failure.detail, messages)}${againWords(failure, words)} ${messages.kept}`;
    case "network":
    case "timeout":
      return messages.lostAnswer;
    case "malformed":
      return messages.strangeAnswer(failure.status);
  }
}
