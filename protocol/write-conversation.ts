/**
 * Writing a conversation's file.
 *
 * Owns the JSON text, given out in pieces, so that a long conversation is never one text. Each entry has a line of its own.
 */
import type { ConversationHeader } from "./conversation-file.ts";
import type { LogEntry } from "./entry.ts";

/** About how long a piece is, in UTF-16 code units; an entry is never split. */
const PIECE_CHARS = 64 * 1024;

/** The text of a `ConversationFile`, piece by piece. Throws what reading the pages throws. */
export async function* writeConversation(
  header: ConversationHeader,
  pages: AsyncIterable<readonly LogEntry[]>,
): AsyncGenerator<string, void, void> {
  let piece = `${JSON.stringify(header).slice(0, -1)},"entries":[`;
  let separator = "\n";
  for await (const page of pages) {
    for (const entry of page) {
      piece += separator + JSON.stringify(entry);
      separator = ",\n";
      if (piece.length < PIECE_CHARS) continue;
      yield piece;
      piece = "";
    }
  }
  yield `${piece}\n]}\n`;
}
