/**
 * A client of Socket.IO that comes back.
 *
 * Owns the few words of its protocol for that: a session's name, the position of the last event, and the wish to go on
 * there. The server is `programs/recovery-socket-io.ts`.
 */
import { WebSocket } from "ws";
import * as z from "zod/mini";
import { startProgramChild } from "./child.ts";
import type { MissedHistory, TimeToResume } from "./missed-history.ts";

const Session = z.looseObject({ pid: z.string() });
/** `["event", {…}, "position"]`. */
const EventWithOffset = z.tuple([z.literal("event"), z.unknown(), z.string()]);

const OPENED = "0";
const CONNECT = "40";
const EVENT = "42";

/** Has a server send a history, the last of which a client misses. */
export async function openSocketIoRecovery(
  stack: AsyncDisposableStack,
  { events, missed }: MissedHistory,
): Promise<TimeToResume> {
  const server = stack.use(await startProgramChild("recovery-socket-io"));
  const url = await server.ask("address", null, z.url());
  // It keeps what it sends, whether somebody is there or not; whoever comes for the last one before what is missed has its position.
  const emit = (count: number) => server.ask("emit", { frames: missed, count }, z.undefined());
  await emit(events - missed.length - 1);
  const before = await follow(url, CONNECT, async (session, newest) => {
    await emit(1);
    const [, , offset] = EventWithOffset.parse(JSON.parse((await newest(1)).slice(EVENT.length)));
    return { pid: session, offset };
  });
  await emit(missed.length);
  return async () => {
    const startedMs = performance.now();
    return follow(url, CONNECT + JSON.stringify(before), async (session, newest) => {
      await newest(missed.length);
      const elapsedMs = performance.now() - startedMs;
      if (session !== before.pid) throw new Error("Cannot measure a recovery: the session was not taken up");
      return elapsedMs;
    });
  };
}

/** Opens a socket with the words that a client begins with. */
async function follow<Value>(
  url: string,
  connect: string,
  use: (session: string, newest: (count: number) => Promise<string>) => Promise<Value>,
): Promise<Value> {
  const socket = new WebSocket(url, { perMessageDeflate: false });
  const session = Promise.withResolvers<string>();
  let events = 0;
  let wanted = Infinity;
  let last = "";
  const complete = Promise.withResolvers<string>();
  socket.on("error", session.reject);
  socket.on("message", (data: Buffer) => {
    const text = data.toString();
    if (text.startsWith(OPENED)) socket.send(connect);
    else if (text.startsWith(EVENT)) [last, events] = [text, events + 1];
    else if (text.startsWith(CONNECT)) session.resolve(Session.parse(JSON.parse(text.slice(CONNECT.length))).pid);
    if (events >= wanted) complete.resolve(last);
  });
  try {
    return await use(await session.promise, (count) => {
      wanted = count;
      if (events >= wanted) complete.resolve(last);
      return complete.promise;
    });
  } finally {
    socket.terminate();
  }
}
