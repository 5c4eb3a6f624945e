/**
 * What a message must be.
 *
 * Owns the two rules on its content, whoever sends it.
 */
import { ProblemError } from "../protocol/problem.ts";

/** @throws ProblemError input_empty, input_too_large */
export function checkContent(content: string, maxInputChars: number): void {
  if (content.trim() === "") {
    throw new ProblemError("input_empty", "content: a message needs at least one visible character.");
  }
  if (content.length > maxInputChars) {
    throw new ProblemError(
      "input_too_large",
      `content: ${content.length} characters are more than the ${maxInputChars} that a message may have.`,
    );
  }
}
