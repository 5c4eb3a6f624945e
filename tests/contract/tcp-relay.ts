/**
 * A relay in front of somebody else's server, which shows what that server does not tell: when a client hangs up.
 *
 * Owns one listening port. Bytes pass unchanged in both directions, and so does every way in which a side ends.
 */
import { connect, createServer, type AddressInfo, type Socket } from "node:net";

/** A running relay. */
export interface TcpRelay extends AsyncDisposable {
  readonly port: number;
  /** Resolves when a client closes a connection that the server still holds open, from now on. */
  readonly clientClosed: () => Promise<void>;
}

/** Starts a relay to a port of this machine. */
export async function startTcpRelay(targetPort: number): Promise<TcpRelay> {
  const waiting: (() => void)[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const upstream = connect(targetPort, "127.0.0.1");
    let serverEnded = false;
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.setNoDelay(true);
      // How a connection breaks is told by its close.
      socket.on("error", () => {});
      socket.on("close", () => sockets.delete(socket));
    }
    client.on("data", (bytes) => upstream.write(bytes));
    upstream.on("data", (bytes) => client.write(bytes));
    upstream.on("close", () => {
      serverEnded = true;
      client.destroy();
    });
    const hangUp = () => {
      if (!serverEnded) waiting.splice(0).forEach((resolve) => resolve());
      upstream.destroy();
    };
    client.on("end", hangUp);
    client.on("close", hangUp);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  // why: a server that listens on a port has an address with one.
  const { port } = server.address() as AddressInfo;
  return {
    port,
    clientClosed: () => new Promise((resolve) => waiting.push(resolve)),
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
