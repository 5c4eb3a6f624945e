/**
 * The words of the page's language in the browser: English comes with the page's own script, others when they are asked
 * for. The server renders with `messagesFor`; both sides have the same words.
 */
import type { Locale } from "./console-data.ts";
import { en } from "./messages-en.ts";
import type { Messages } from "./messages.ts";
import type { ToolMessages } from "./messages-tools.ts";

/** @throws TypeError when the file with the words can't be loaded. */
export async function loadMessages(locale: Locale): Promise<Messages> {
  switch (locale) {
    case "en":
      return en;
    case "ja":
      return (await import("./messages-ja.ts")).ja;
  }
}

/** As {@link loadMessages}, the words of what is loaded on demand. */
export async function loadToolMessages(locale: Locale): Promise<ToolMessages> {
  switch (locale) {
    case "en":
      return (await import("./messages-tools-en.ts")).en;
    case "ja":
      return (await import("./messages-tools-ja.ts")).ja;
  }
}
