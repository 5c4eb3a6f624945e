/**
 * A page of entries from a Runtime that gives so much in one answer and no more.
 *
 * Owns that fewer entries are asked for where they are too long: whoever reads back would never get past them. Called
 * by the Backend.
 */
import { ProblemError } from "../protocol/problem.ts";
import type { EntryPage } from "../protocol/runtime-api.ts";
import type { EntriesQuery } from "../runtime/runtime.ts";

/**
 * The newest entries of the page that was asked for, as many as fit.
 *
 * @throws what `ask` throws where not even one does
 */
export async function entriesThatFit(
  query: EntriesQuery,
  ask: (query: EntriesQuery) => Promise<EntryPage>,
): Promise<EntryPage> {
  try {
    return await ask(query);
  } catch (error) {
    const isTooMuch = error instanceof ProblemError && error.code === "runtime_answer_too_large";
    if (!isTooMuch || query.limit <= 1) throw error;
    return entriesThatFit({ ...query, limit: Math.ceil(query.limit / 4) }, ask);
  }
}
