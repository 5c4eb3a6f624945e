/**
 * Viewers whose links break: the soak's crowd.
 *
 * Owns their sockets and their positions, what goes wrong with them when the bench says so, and whether each is sent exactly
 * what it has not seen. A position's last digits count the Worker's events.
 */
import { WebSocket } from "ws";
import * as z from "zod/mini";
import { answerRequests } from "../harness/control.ts";

const Open = z.strictObject({ urls: z.array(z.url()), viewers: z.number() });
const Fault = z.strictObject({ turn: z.number() });

/** What they have seen since they came. */
export const Seen = z.strictObject({
  deliveries: z.number(),
  faults: z.number(),
  lost: z.number(),
  doubled: z.number(),
});
export type Seen = z.infer<typeof Seen>;

const CURSOR = /"cursor":"([\w.-]+)"/;
const CURSOR_WITHIN = 200;
const COUNT_DIGITS = 8;
const HEXADECIMAL = 16;
/** How many faults later a link is gone that only stopped reading. */
const HALF_OPEN_TURNS = 15;

interface Viewer {
  readonly url: string;
  socket: WebSocket;
  cursor: string | null;
}

/** Comes, and breaks as it is told. */
export function start(): void {
  const viewers: Viewer[] = [];
  const halfOpen: { readonly socket: WebSocket; readonly untilTurn: number }[] = [];
  const seen = { deliveries: 0, faults: 0, lost: 0, doubled: 0 };

  const note = (viewer: Viewer, frame: Buffer): void => {
    const cursor = CURSOR.exec(frame.toString("latin1", 0, CURSOR_WITHIN))?.[1];
    if (cursor === undefined)
      throw new TypeError(`Cannot follow: a frame without a position came: ${frame.toString()}`);
    const steps = viewer.cursor === null ? 1 : countOf(cursor) - countOf(viewer.cursor);
    seen.deliveries += 1;
    if (steps > 1) seen.lost += steps - 1;
    if (steps < 1) seen.doubled += 1;
    viewer.cursor = cursor;
  };
  const connect = (viewer: Viewer): WebSocket => {
    const url = viewer.cursor === null ? viewer.url : `${viewer.url}?cursor=${viewer.cursor}`;
    const socket = new WebSocket(url, { perMessageDeflate: false });
    socket.on("message", (frame: Buffer) => {
      if (viewer.socket === socket) note(viewer, frame);
    });
    socket.on("error", () => {});
    return socket;
  };

  answerRequests({
    open(argument) {
      const { urls, viewers: count } = Open.parse(argument);
      for (const url of urls) {
        for (let left = count; left > 0; left -= 1) {
          const viewer = { url, cursor: null } as Viewer; // why: its socket needs it first
          viewer.socket = connect(viewer);
          viewers.push(viewer);
        }
      }
    },
    /** The next viewer's link is cut, or stops reading, or is left for good by somebody for whom another comes. */
    fault(argument) {
      const { turn } = Fault.parse(argument);
      const viewer = viewers[turn % viewers.length];
      if (viewer === undefined) throw new RangeError("Cannot break a link: nobody is there");
      const { socket } = viewer;
      const kind = Math.floor(turn / viewers.length + turn) % 3;
      if (kind === 1) {
        socket.pause();
        halfOpen.push({ socket, untilTurn: turn + HALF_OPEN_TURNS });
      } else socket.terminate();
      if (kind === 2) viewer.cursor = null;
      viewer.socket = connect(viewer);
      while ((halfOpen[0]?.untilTurn ?? Infinity) <= turn) halfOpen.shift()?.socket.terminate();
      seen.faults += 1;
    },
    seen: (): Seen => ({ ...seen }),
  });
}

function countOf(cursor: string): number {
  return Number.parseInt(cursor.slice(-COUNT_DIGITS), HEXADECIMAL);
}
