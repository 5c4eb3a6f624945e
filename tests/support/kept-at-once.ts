/**
 * Which way an append took: what is kept in the step that asks for it was not sent to a thread and back.
 *
 * Any one append may take the longer way, e.g. because a thread is saving just then; so a test tries several.
 */

/** Waits for an append. @returns whether it was kept before the event loop had its next turn */
export async function isKeptAtOnce(append: Promise<void>): Promise<boolean> {
  let hasTurned = false;
  const turn = setImmediate(() => (hasTurned = true));
  await append;
  clearImmediate(turn);
  return !hasTurned;
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
