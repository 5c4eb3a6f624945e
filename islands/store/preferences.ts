/**
 * What a person has chosen for this browser: which key sends, the colours, the language, whether to be notified.
 *
 * Owns the values, their storage and what another tab changes; what each of them does is its reader's matter. Until
 * `restore()` they are what the server rendered with. What cannot be read is nothing.
 */
import { computed, createModel, signal } from "@preact/signals";
import * as z from "zod/mini";
import type { DraftStorage } from "./drafts.ts";

const PreferenceValues = z.object({
  /** `mod-enter`: Ctrl+Enter, or ⌘+Enter; Enter alone breaks the line. */
  sendKey: z._default(z.enum(["enter", "mod-enter"]), "enter"),
  /** `system`: as the device has it. */
  theme: z._default(z.enum(["system", "light", "dark"]), "system"),
  /** `system`: as the browser asks for. */
  locale: z._default(z.enum(["system", "en", "ja"]), "system"),
  /** Whether the end of an answer is told while the page is hidden. */
  notify: z._default(z.boolean(), false),
});
/** `{"sendKey":"enter","theme":"system","locale":"system","notify":false}` */
export type PreferenceValues = z.infer<typeof PreferenceValues>;

const KEY = "yoi.preferences";

/** @param storage Asked at each use, since merely naming it may throw. */
export const Preferences = createModel((storage: () => Pick<DraftStorage, "getItem" | "setItem"> | undefined) => {
  const values = signal(parsePreferences(null));
  return {
    sendKey: computed(() => values.value.sendKey),
    theme: computed(() => values.value.theme),
    locale: computed(() => values.value.locale),
    notify: computed(() => values.value.notify),

    /** Takes up what this browser remembers. */
    restore(): void {
      try {
        values.value = parsePreferences(storage()?.getItem(KEY) ?? null);
      } catch {
        // Forbidden: the defaults stand.
      }
    },

    /** Changes some of them, here and for every later page of this browser. */
    change(change: Partial<PreferenceValues>): void {
      values.value = { ...values.peek(), ...change };
      try {
        storage()?.setItem(KEY, JSON.stringify(values.peek()));
      } catch {
        // Full or forbidden: they hold until the page goes.
      }
    },

    /** Takes over what another tab chose, by its `storage` event. */
    adopt(event: { readonly key: string | null; readonly newValue: string | null }): void {
      if (event.key === KEY) values.value = parsePreferences(event.newValue);
    },
  };
});
export type Preferences = InstanceType<typeof Preferences>;

function parsePreferences(stored: string | null): PreferenceValues {
  try {
    return PreferenceValues.parse(JSON.parse(stored ?? "{}"));
  } catch {
    return PreferenceValues.parse({});
  }
}
