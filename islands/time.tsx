/** A point in time. The server renders it in UTC; the browser fills in the reader's own zone once it is alive. */
import { useFrame } from "./context.ts";

export function Time({ at }: { readonly at: number }) {
  const { formats, isInteractive } = useFrame();
  const zone = isInteractive.value ? "local" : "utc";
  return (
    <time dateTime={new Date(at).toISOString()} title={zone === "local" ? formats.dateTime(at) : undefined}>
      {formats.time(at, zone)}
    </time>
  );
}
