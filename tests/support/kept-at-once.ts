/**
 * Which way an append took: what is kept in the step that asks for it was not sent to a thread and back.
 *
 * Any one append may take the longer way, e.g. because a thread is saving just then; so a test tries several.
 */

/** More steps than anything takes that waits for nobody. */
const MAX_STEPS = 200;

/**
 * Waits for an append.
 *
 * @returns whether it was kept in promises' steps alone, among which nothing comes from outside. The event loop's turn
 *   would be no measure: a thread may answer while it waits for this program's processor, and be heard within the turn.
 */
export async function isKeptAtOnce(append: Promise<void>): Promise<boolean> {
  let isKept = false;
  const kept = append.then(() => {
    isKept = true;
  });
  for (let step = 0; step < MAX_STEPS && !isKept; step += 1) await Promise.resolve();
  const atOnce = isKept;
  await kept;
  return atOnce;
}

const MAX_TRIES = 1_000;

/**
 * Appends at one position after the other until one is kept at once.
 *
 * @returns that position
 * @throws Error where none is
 */
export async function appendUntilAtOnce(from: number, append: (position: number) => Promise<void>): Promise<number> {
  for (let position = from; position < from + MAX_TRIES; position += 1) {
    if (await isKeptAtOnce(append(position))) return position;
  }
  throw new Error(`Cannot append at once: ${MAX_TRIES} appends have all gone another way`);
}
