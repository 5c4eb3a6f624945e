/** What is done with messages, in English. */
import type { TurnMessages } from "./messages-turns.ts";

export const en: TurnMessages = {
  queue: {
    label: "Waiting messages",
    waiting: (count) =>
      count === 1 ? "1 message waits for the answer to end" : `${count} messages wait, in this order`,
    heldStopped: "The answer was stopped, so what waits is held.",
    heldFailed: "The answer did not end well, so what waits is held.",
    sendNow: "Send now",
    full: "No more messages can wait. Your message is kept in the box.",
    onItsWay: "On its way",
    actions: (place) => `Waiting message ${place}`,
    drag: "Drag to another place",
    edit: "Edit",
    moveUp: "Move up",
    moveDown: "Move down",
    remove: "Remove",
    editLabel: "Edit the waiting message",
    save: "Save",
    cancel: "Cancel",
    moved: (place, of) => `Moved to place ${place} of ${of}.`,
    draftKept: "Your draft is kept and comes back after this message.",
    backToDraft: "Back to the draft",
  },
  turn: {
    actions: "Actions of this message",
    copyText: "Copy as text",
    copyMarkdown: "Copy as Markdown",
    quote: "Quote",
    link: "Copy a link to this message",
    edit: "Edit and send again",
    editHint: "Edit and send again, as a new message; this one stays as it is",
    regenerate: "Ask again",
    regenerateHint: "Ask again: your message is sent once more as a new one; this answer stays",
    copied: "Copied.",
    linkCopied: "The link was copied.",
    copyFailed: "Copying failed.",
    noQuestion: "The message before this answer is not at hand.",
  },
};
