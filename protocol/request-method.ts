/**
 * Which requests only read.
 */

const READS: ReadonlySet<string> = new Set(["GET", "HEAD", "OPTIONS"]);

/** Whether a request of this method changes nothing; whatever is no read is a command. */
export const isRead = (method: string): boolean => READS.has(method);
