/** Where a message's actions stand once they have been loaded. Owns nothing: `turn-actions.tsx` is what they are. */
import { useConsole } from "../context.ts";
import type { TurnActionsProps } from "../outbox.ts";

export function TurnSlot(props: TurnActionsProps) {
  const outbox = useConsole().outbox.value;
  return outbox ? <outbox.TurnActions {...props} /> : null;
}
