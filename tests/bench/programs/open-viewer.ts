/**
 * A viewer's socket, to this server or to a peer.
 *
 * Owns the way in: who was told something is there. Of Socket.IO's protocol it speaks the few words that a viewer needs,
 * so that the same code counts for all.
 */
import { WebSocket } from "ws";

/** Socket.IO's words: a session was opened, take me into the namespace, you are in, and both sides of its heartbeat. */
const SOCKET_IO = { opened: "0", connect: "40", ping: "2", pong: "3" } as const;

/** Opens a socket and waits for what tells that the viewer is in; that is this server's first frame, the snapshot. */
export async function openViewer(url: string): Promise<WebSocket> {
  const socket = new WebSocket(url, { perMessageDeflate: false });
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  socket.once("error", reject);
  socket.once("close", (code) => reject(new Error(`Cannot observe ${url}: closed with ${code}`)));
  if (new URL(url).searchParams.has("EIO")) speakSocketIo(socket, resolve);
  else socket.once("message", () => resolve());
  await promise;
  return socket;
}

function speakSocketIo(socket: WebSocket, onIn: () => void): void {
  socket.on("message", (data: Buffer) => {
    // Events are long; only the short words are looked at.
    if (data[0] === SOCKET_IO.opened.charCodeAt(0)) socket.send(SOCKET_IO.connect);
    else if (data.length === 1 && data.toString() === SOCKET_IO.ping) socket.send(SOCKET_IO.pong);
    else if (data.toString("latin1", 0, SOCKET_IO.connect.length) === SOCKET_IO.connect) onIn();
  });
}
