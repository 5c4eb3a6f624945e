/**
 * The processors on which this process may run.
 *
 * Owns the kernel's list of them: whoever is confined to some need not have the first ones.
 */

/**
 * The processors of a process's status, which is `/proc/self/status` for one's own: `[2, 3, 8]` where it has the line
 * `Cpus_allowed_list: 2-3,8`.
 *
 * @throws Error where it has none
 */
export function processorsIn(status: string): readonly number[] {
  const list = /^Cpus_allowed_list:\s*(\S+)$/m.exec(status)?.[1];
  if (list === undefined) throw new Error("Cannot tell the processors of this process: its status has no list of them");
  return list.split(",").flatMap((part) => {
    const [first = 0, last = first] = part.split("-").map(Number);
    return Array.from({ length: last - first + 1 }, (_, index) => first + index);
  });
}
