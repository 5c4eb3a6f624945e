/**
 * Reading an answer no further than it may go.
 *
 * Owns the bound while reading: a peer that sends without end is let go at the bound, whatever length it announced.
 */

/** The text of an answer, or null where it is longer than `maxBytes` or no UTF-8; the rest is not read then. */
export async function readBounded(
  response: Response,
  maxBytes: number,
): Promise<{ readonly kind: "text"; readonly text: string } | { readonly kind: "too_large" | "not_text" }> {
  const reader = response.body?.getReader();
  if (reader === undefined) return { kind: "text", text: "" };
  const chunks: Uint8Array[] = [];
  let size = 0;
  for (let step = await reader.read(); !step.done; step = await reader.read()) {
    size += step.value.byteLength;
    if (size > maxBytes) {
      reader.cancel().catch(() => {});
      return { kind: "too_large" };
    }
    chunks.push(step.value);
  }
  const bytes = new Uint8Array(size);
  let offset = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, offset);
    offset += chunk.byteLength;
  }
  try {
    return { kind: "text", text: new TextDecoder("utf-8", { fatal: true }).decode(bytes) };
  } catch {
    return { kind: "not_text" };
  }
}
