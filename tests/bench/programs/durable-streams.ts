/**
 * The Durable Streams server of its own project, in this process, with its store in files.
 *
 * Owns its start. Where the package is, and the folder of its files, stand in the environment.
 */
import process from "node:process";
import * as z from "zod/mini";
import { importFetched } from "../harness/fetched.ts";

const Environment = z.looseObject({ BENCH_PACKAGES: z.string(), YOI_DATA_DIR: z.string() });

interface ServerModule {
  readonly DurableStreamTestServer: new (options: {
    readonly port: number;
    readonly dataDir: string;
    readonly compression: boolean;
  }) => { start(): Promise<string> };
}

/** Listens on a free port. */
export async function start(): Promise<void> {
  const { BENCH_PACKAGES: folder, YOI_DATA_DIR: dataDir } = Environment.parse(process.env);
  const { DurableStreamTestServer } = await importFetched<ServerModule>(
    folder,
    "@durable-streams/server/dist/index.js",
  );
  const server = new DurableStreamTestServer({ port: 0, dataDir, compression: false });
  console.log(`\nDurable Streams is at ${await server.start()}`);
}
