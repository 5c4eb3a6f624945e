/** A failed request in a person's words: what happened, and what became of the text. */
import { isProblemCode } from "../protocol/problem.ts";
import type { Messages } from "./messages.ts";
import type { ApiFailure } from "./store/api-client.ts";

/** A problem by its code; `detail` is what the server said of it, for a code of a newer server. */
export function problemWords(code: string, detail: string, messages: Messages): string {
  return isProblemCode(code) ? messages.problem(code) : detail;
}

export function failureWords(failure: ApiFailure, messages: Messages): string {
  switch (failure.kind) {
    case "problem":
      return `${problemWords(failure.code, failure.detail, messages)} ${messages.kept}`;
    case "network":
    case "timeout":
      return messages.lostAnswer;
    case "malformed":
      return messages.strangeAnswer(failure.status);
  }
}
