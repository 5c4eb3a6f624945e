/** The present moment for a component that counts, renewed while it is shown. */
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { useConsole } from "./context.ts";

const TICK_MS = 500;

/** `undefined` until the page has come alive: what the server renders must not depend on when. */
export function useNow(isCounting: boolean): number | undefined {
  const { clock } = useConsole();
  const now = useSignal<number | undefined>(undefined);
  useEffect(() => {
    if (!isCounting) return undefined;
    const tick = () => (now.value = clock.now());
    tick();
    const timer = setInterval(tick, TICK_MS);
    return () => clearInterval(timer);
  }, [isCounting]);
  return now.value;
}
