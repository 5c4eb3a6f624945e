/** The box of a task in a list: what was written there, not something to press. */
import { useMessages } from "../context.ts";

export function TaskBox({ isDone }: { readonly isDone: boolean }) {
  return <input type="checkbox" checked={isDone} disabled aria-label={useMessages().task(isDone)} />;
}
