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
  /**
   * Does nothing once the socket is closing.
   *
   * @returns whether the network has taken these and all before them
   */
  writeFrames(frames: Uint8Array): boolean;
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
  let size = 0;
  for (const { byteLength } of payloads) size += headBytes(byteLength) + byteLength;
  const frames = new Uint8Array(size);
  let offset = 0;
  for (const payload of payloads) {
    offset = writeHead(frames, offset, payload.byteLength);
    frames.set(payload, offset);
    offset += payload.byteLength;
  }
  return frames;
}

function headBytes(length: number): number {
  if (length < TWO_BYTE_LENGTH) return 2;
  return length <= MAX_TWO_BYTES ? 4 : 10;
}

/** @returns where the payload begins */
function writeHead(frames: Uint8Array<ArrayBuffer>, offset: number, length: number): number {
  const end = offset + headBytes(length);
  const digits = end - offset - 2;
  frames[offset] = FINAL_TEXT;
  frames[offset + 1] = digits === 0 ? length : digits === 2 ? TWO_BYTE_LENGTH : EIGHT_BYTE_LENGTH;
  // Not by shifting: a length may have more than 32 bits.
  for (let at = end - 1, rest = length; at > offset + 1; at -= 1, rest = Math.floor(rest / 256))
    frames[at] = rest % 256;
  return end;
}
