/**
 * The request to go on with an answer that broke off.
 *
 * Owns nothing but its prose file.
 */
import continuation from "./continuation.md" with { type: "text" };

/** What a model is told after the part of an answer that it has already written. */
export const CONTINUATION_PROMPT = continuation.trim();
