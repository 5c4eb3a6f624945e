/**
 * Work that one tab at a time does, by a lock of the browser's. Owns its whims: there are none where the page came over
 * plain http, and they are refused where a site may keep nothing. Then the work is done without, and ids suffice.
 */

/** As much of `LockManager` as is needed. */
interface Locks {
  request(name: string, work: () => Promise<void>): Promise<unknown>;
}

/** Runs the work, once, while no other tab runs work of that name. */
export async function alone(locks: Locks | undefined, name: string, work: () => Promise<void>): Promise<void> {
  let hasBegun = false;
  try {
    await locks?.request(name, () => {
      hasBegun = true;
      return work();
    });
  } catch (cause) {
    if (hasBegun) throw cause;
  }
  if (!hasBegun) await work();
}
