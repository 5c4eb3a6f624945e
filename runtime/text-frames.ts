/**
 * WebSocket text frames, as a server writes them (RFC 6455, 5.2): whole, unmasked, uncompressed.
 *
 * Owns the encoding. What many viewers are to have is built once and written to each of their connections as it is, several
 * frames in one write, where a platform lets its connections be written to (`node-websocket.ts`). Pure.
 */

/** Texts that go out together, each in a frame of its own. */
export class FrameBatch {
  readonly texts: readonly string[];
  #frames: Uint8Array<ArrayBuffer> | null = null;

  constructor(texts: readonly string[]) {
    this.texts = texts;
  }

  /** The frames, built at the first look and then the same bytes for everybody. */
  get frames(): Uint8Array<ArrayBuffer> {
    this.#frames ??= encodeTextFrames(this.texts);
    return this.#frames;
  }
}

/** A connection that takes frames as they are. */
export interface FrameWriter {
  /** Does nothing once the socket is closing. */
  writeFrames(frames: Uint8Array): void;
}

/** A final frame of text. */
const FINAL_TEXT = 0x81;
/** Lengths from here on stand in two bytes behind the head, or in eight. */
const TWO_BYTE_LENGTH = 126;
const EIGHT_BYTE_LENGTH = 127;
const MAX_TWO_BYTES = 0xffff;

const encoder = new TextEncoder();

/** One frame for each text, one behind the other. */
export function encodeTextFrames(texts: readonly string[]): Uint8Array<ArrayBuffer> {
  const payloads = texts.map((text) => encoder.encode(text));
  const heads = payloads.map(({ byteLength }) => headOf(byteLength));
  const parts = payloads.flatMap((payload, index) => [heads[index] ?? new Uint8Array(), payload]);
  const frames = new Uint8Array(parts.reduce((sum, { byteLength }) => sum + byteLength, 0));
  let offset = 0;
  for (const part of parts) {
    frames.set(part, offset);
    offset += part.byteLength;
  }
  return frames;
}

function headOf(length: number): Uint8Array {
  if (length < TWO_BYTE_LENGTH) return Uint8Array.of(FINAL_TEXT, length);
  const isShort = length <= MAX_TWO_BYTES;
  const head = new DataView(new ArrayBuffer(isShort ? 4 : 10));
  head.setUint8(0, FINAL_TEXT);
  head.setUint8(1, isShort ? TWO_BYTE_LENGTH : EIGHT_BYTE_LENGTH);
  if (isShort) head.setUint16(2, length);
  else head.setBigUint64(2, BigInt(length));
  return new Uint8Array(head.buffer);
}
