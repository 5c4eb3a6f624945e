/**
 * A port on which nobody listens, and nobody else can begin to: a connection of ours has it at its own end.
 *
 * Owns that connection. A port that was only let go of may be another test's a moment later.
 */
import { once } from "node:events";
import { connect, createServer, type AddressInfo } from "node:net";

/** Such a port, for as long as it is held. */
export interface ClosedPort extends AsyncDisposable {
  readonly port: number;
}

/** Takes one. */
export async function holdClosedPort(): Promise<ClosedPort> {
  const server = createServer((socket) => {
    socket.on("error", () => {});
    socket.resume();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  // why: it listens on TCP, so its address has a port.
  const holder = connect({ host: "127.0.0.1", port: (server.address() as AddressInfo).port });
  await once(holder, "connect");
  holder.on("error", () => {});
  const { localPort: port = 0 } = holder;
  return {
    port,
    async [Symbol.asyncDispose]() {
      holder.destroy();
      server.close();
      await once(server, "close");
    },
  };
}
