/**
 * The words of the page's language in the browser: English comes with the page's own script, others when they are asked
 * for. The server renders with `messagesFor`; both sides have the same words.
 */
import type { Locale } from "./console-data.ts";
import { en } from "./messages-en.ts";
import type { Messages } from "./messages.ts";

/** @throws TypeError when the file with the words can't be loaded. */
export async function loadMessages(locale: Locale): Promise<Messages> {
  switch (locale) {
    case "en":
      return en;
    case "ja":
      return (await import("./messages-ja.ts")).ja;
  }
}
