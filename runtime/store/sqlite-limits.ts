/**
 * The SQLite store's bounds, each with its unit in its name.
 *
 * Owns when what is written goes from SQLite's log to the database, and with it to the disk; and how much the program
 * writes by itself before that is the thread's.
 */

/** As soon as nothing has been written for so long. */
export const REST_MS = 250;
/** While something is: with the first write after so long. */
export const MAX_UNSAVED_MS = 3_000;
/** Or when so much has come together. */
export const MAX_LOG_BYTES = 8 * 1024 * 1024;

/** What the program writes by itself in one transaction, at the most; more goes to the thread. */
export const LANE_MAX_EVENTS = 128;
export const LANE_MAX_CHARS = 64 * 1024;
/** And for how long at a time, before everything else has had its turn. */
export const LANE_MAX_TURN_MS = 0.5;
/** The thread hears of it after REST_MS, or when so much has come together. */
export const NOTE_MAX_APPENDS = 2_048;
export const NOTE_MAX_CHARS = 1024 * 1024;

/** How long the program answers for a small store that it has opened itself, before it starts the thread. */
export const EARLY_MS = 1_000;
/** How large such a store is at the most: what it takes to open is less than what a thread takes to start. */
export const EARLY_MAX_BYTES = 4 * 1024 * 1024;
