/**
 * Where in a stream of bytes each frame lies.
 *
 * Owns the reading of WebSocket frames that a server sends after its handshake, so that a cut can fall on every byte of
 * every kind of frame.
 */

/** A frame's place, in bytes from the start of the connection; `end` is behind its last byte. */
export interface FramePlace {
  /** `handshake`, `close`, `heartbeat`, `diagnostic`, or the name of an event. */
  readonly name: string;
  readonly start: number;
  readonly end: number;
}

const OPCODE_CLOSE = 8;

/** The whole frames of a connection's bytes, its handshake first. */
export function framesOf(bytes: Buffer): readonly FramePlace[] {
  const handshakeEnd = bytes.indexOf("\r\n\r\n") + 4;
  const places: FramePlace[] = [{ name: "handshake", start: 0, end: handshakeEnd }];
  let start = handshakeEnd;
  for (;;) {
    const size = frameSize(bytes.subarray(start));
    if (size === null) return places;
    const frame = bytes.subarray(start, start + size);
    places.push({ name: nameOf(frame), start, end: start + size });
    start += size;
  }
}

/** Size of the first frame, or null where it is not whole. Servers don't mask. */
function frameSize(bytes: Buffer): number | null {
  const short = (bytes[1] ?? 0) & 0x7f;
  const head = short === 126 ? 4 : short === 127 ? 10 : 2;
  if (bytes.length < head) return null;
  const length = short === 126 ? bytes.readUInt16BE(2) : short === 127 ? Number(bytes.readBigUInt64BE(2)) : short;
  return bytes.length < head + length ? null : head + length;
}

function nameOf(frame: Buffer): string {
  if (((frame[0] ?? 0) & 15) === OPCODE_CLOSE) return "close";
  const text = frame.toString("utf8");
  return /"payload":\{"event":"([a-z_]+)"/.exec(text)?.[1] ?? /"kind":"([a-z]+)"/.exec(text)?.[1] ?? "other";
}

/** Every byte of the first frame of each kind, each byte once. */
export function everyKind(places: readonly FramePlace[]): ReadonlyMap<number, string> {
  const offsets = new Map<number, string>();
  const known = new Set<string>();
  for (const { name, start, end } of places) {
    if (known.has(name)) continue;
    known.add(name);
    for (let offset = start; offset < end; offset += 1) offsets.set(offset, name);
  }
  return offsets;
}
