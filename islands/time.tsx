/**
 * A point in time. The server renders it in UTC; the browser fills in the reader's own zone once it is alive. Nothing
 * stands there for a number that no calendar has, which a Runtime may send.
 */
import { useFrame } from "./context.ts";

export function Time({ at }: { readonly at: number }) {
  const { formats, isInteractive } = useFrame();
  const date = new Date(at);
  if (Number.isNaN(date.getTime())) return null;
  const zone = isInteractive.value ? "local" : "utc";
  return (
    <time dateTime={date.toISOString()} title={zone === "local" ? formats.dateTime(at) : undefined}>
      {formats.time(at, zone)}
    </time>
  );
}
