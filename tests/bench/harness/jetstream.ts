/**
 * NATS JetStream, a peer of the resume: a log on disk that is read from a sequence on.
 *
 * Owns the server, which is Debian's, its client, which is npm's, and how the two are used: a stream in a file, and an
 * ordered consumer that starts at the first event missed, as the client's own guide has it.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startForeign } from "./child.ts";
import { within } from "./deadline.ts";
import { fetchPackages, findDebianProgram, importFetched } from "./fetched.ts";
import type { MissedHistory, TimeToResume } from "./missed-history.ts";

const CLIENT_VERSION = "3.4.0";
/** What goes out before the server is asked whether it has it. */
const PUBLISHED_AT_ONCE = 1_000;
const STORE_TIMEOUT_MS = 60_000;

interface Connection {
  publish(subject: string, payload: string): void;
  flush(): Promise<void>;
  close(): Promise<void>;
}
interface Transport {
  readonly connect: (options: { readonly servers: string }) => Promise<Connection>;
}
interface Messages extends AsyncIterable<{ readonly seq: number; string(): string }> {
  close(): Promise<unknown>;
}
interface Client {
  readonly DeliverPolicy: { readonly StartSequence: string };
  jetstream(connection: Connection): {
    readonly consumers: { get(stream: string, options: object): Promise<{ consume(): Promise<Messages> }> };
  };
  jetstreamManager(connection: Connection): Promise<{
    readonly streams: {
      add(config: object): Promise<unknown>;
      info(name: string): Promise<{ readonly state: { readonly messages: number } }>;
    };
  }>;
}

/** A server that keeps histories, one in each stream. */
export interface JetStream {
  /** `2.9.10` */
  readonly version: string;
  /** Writes a history. A client comes back by a new link, as a browser does, or by the one that it has. */
  readonly open: (history: MissedHistory) => Promise<Readonly<Record<"newLink" | "sameLink", TimeToResume>>>;
}

/** Starts the server; it ends with the stack. */
export async function startJetStream(stack: AsyncDisposableStack): Promise<JetStream> {
  const program = await findDebianProgram("nats-server", "nats-server");
  const folder = await fetchPackages(`nats-${CLIENT_VERSION}`, [
    `@nats-io/transport-node@${CLIENT_VERSION}`,
    `@nats-io/jetstream@${CLIENT_VERSION}`,
  ]);
  const { connect } = await importFetched<Transport>(folder, "@nats-io/transport-node/index.js");
  const client = await importFetched<Client>(folder, "@nats-io/jetstream/lib/mod.js");
  const store = stack.adopt(mkdtempSync(join(tmpdir(), "yoi-bench-")), (path) => rmSync(path, { recursive: true }));
  const server = stack.use(
    await startForeign({
      name: "nats-server",
      command: [program, "--addr", "127.0.0.1", "--port", "-1", "--jetstream", "--store_dir", store],
      says: /Listening for client connections on (\S+)/,
    }),
  );
  const link = () => connect({ servers: server.url });
  const kept = stack.adopt(await link(), (connection) => connection.close());
  const { streams } = await client.jetstreamManager(kept);

  const resume = async (
    connection: Connection,
    stream: string,
    { events, missed }: MissedHistory,
  ): Promise<Messages> => {
    const consumer = await client.jetstream(connection).consumers.get(stream, {
      deliver_policy: client.DeliverPolicy.StartSequence,
      opt_start_seq: events - missed.length + 1,
    });
    const messages = await consumer.consume();
    let left = missed.length;
    for await (const { seq } of messages) {
      left -= 1;
      if (left > 0) continue;
      if (seq !== events) throw new Error("Cannot measure a resume: other events came than were missed");
      return messages;
    }
    throw new Error("Cannot measure a resume: the events have an end");
  };
  return {
    version: execFileSync(program, ["--version"], { encoding: "utf8" }).trim().replace(/^.*v/, ""),
    async open(history) {
      const stream = `after-${history.events}`;
      await streams.add({ name: stream, subjects: [stream], storage: "file" });
      await fill(kept, stream, history);
      const isStored = async (): Promise<void> => {
        while ((await streams.info(stream)).state.messages < history.events);
      };
      await within(isStored(), STORE_TIMEOUT_MS, "nats-server has not stored the history");
      return {
        async newLink() {
          const startedMs = performance.now();
          const connection = await link();
          const messages = await resume(connection, stream, history);
          const elapsedMs = performance.now() - startedMs;
          await messages.close();
          await connection.close();
          return elapsedMs;
        },
        async sameLink() {
          const startedMs = performance.now();
          const messages = await resume(kept, stream, history);
          const elapsedMs = performance.now() - startedMs;
          await messages.close();
          return elapsedMs;
        },
      };
    },
  };
}

async function fill(connection: Connection, subject: string, { events, missed }: MissedHistory): Promise<void> {
  for (let index = 0; index < events; index += 1) {
    connection.publish(subject, missed[index % missed.length] ?? "");
    if (index % PUBLISHED_AT_ONCE === 0) await connection.flush();
  }
  await connection.flush();
}
