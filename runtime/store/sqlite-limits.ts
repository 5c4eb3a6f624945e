/**
 * The SQLite store's bounds, each with its unit in its name.
 *
 * Owns when what is written goes from SQLite's log to the database, and with it to the disk.
 */

/** As soon as nothing has been written for so long. */
export const REST_MS = 250;
/** While something is: with the first write after so long. */
export const MAX_UNSAVED_MS = 3_000;
/** Or when so much has come together. */
export const MAX_LOG_BYTES = 8 * 1024 * 1024;
