/**
 * The seam to a small text that outlives the process.
 *
 * Owns the interface. `node-kept-file.ts` fulfils it on a disk; tests, in memory.
 */

/** A text that outlives the process. */
export interface KeptFile {
  /** What `write` wrote last; null where there is nothing. @throws where there is something that can't be read */
  read(): Promise<string | null>;
  write(text: string): Promise<void>;
}
