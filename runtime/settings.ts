/**
 * What every reader of settings shares: where they come from, and what stops the start.
 *
 * Owns the error and the two ways into the world, both handed in by the entry points. Which settings there are stands in
 * `settings/table.ts`.
 */

/** What stops the start, in words for the operator. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
}

/** Names and values, as an environment has them. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Reads a text file. */
export type ReadFile = (path: string) => Promise<string>;
