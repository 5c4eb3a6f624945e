/**
 * What stands before an answer whose question is not there.
 *
 * Owns nothing but its prose file.
 */
import beginning from "./beginning.md" with { type: "text" };

/** What a model is told in a person's place where a conversation begins with its own words. */
export const BEGINNING_PROMPT = beginning.trim();
