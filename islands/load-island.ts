/**
 * Bringing in an island that is loaded on demand, although a chunk may fail to load: the network blinked, or the server
 * was replaced by a build with other file names. What the server rendered stands meanwhile, but it would grow old, so a
 * second failure renews the page, at most once in a while.
 */
import type { Clock } from "./store/clock.ts";

const RETRY_MS = 2_000;
const RENEW_PAUSE_MS = 60_000;
const RENEWED_KEY = "yoi.renewed-at";

export interface LoadOptions<Loaded> {
  readonly load: () => Promise<Loaded>;
  readonly clock: Clock;
  readonly isOnline: () => boolean;
  /** What survives a reload of this page in this tab. */
  readonly storage: () => Pick<Storage, "getItem" | "setItem">;
  readonly renewPage: () => void;
}

/** Resolves once it is loaded, however long that takes. */
export async function loadIsland<Loaded>(options: LoadOptions<Loaded>): Promise<Loaded> {
  for (let failures = 0; ; failures += 1) {
    try {
      return await options.load();
    } catch {
      if (failures > 0 && options.isOnline() && mayRenew(options)) options.renewPage();
      await new Promise<void>((resolve) => options.clock.setTimeout(resolve, RETRY_MS * 2 ** Math.min(failures, 4)));
    }
  }
}

function mayRenew({ clock, storage }: LoadOptions<unknown>): boolean {
  try {
    const renewedAt = Number(storage().getItem(RENEWED_KEY) ?? 0);
    if (clock.now() - renewedAt < RENEW_PAUSE_MS) return false;
    storage().setItem(RENEWED_KEY, String(clock.now()));
    return true;
  } catch {
    // Without a memory nothing would end a loop of reloads.
    return false;
  }
}
