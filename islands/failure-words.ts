/** A failed request in a person's words: what happened, and what became of the text. */
import { isProblemCode } from "../protocol/problem.ts";
import type { Messages } from "./messages.ts";
import type { ApiFailure } from "./store/api-client.ts";

export function failureWords(failure: ApiFailure, messages: Messages): string {
  switch (failure.kind) {
    case "problem":
      return `${isProblemCode(failure.code) ? messages.problem(failure.code) : failure.detail} ${messages.kept}`;
    case "network":
    case "timeout":
      return messages.lostAnswer;
    case "malformed":
      return messages.strangeAnswer(failure.status);
  }
}
