/**
 * The programs that a bench starts as processes of their own, by name.
 *
 * Owns the list only. Each is loaded when it is wanted.
 */
const PROGRAMS: Readonly<Record<string, () => Promise<{ readonly start: () => Promise<void> | void }>>> = {
  provider: () => import("./provider.ts"),
  reader: () => import("./reader.ts"),
  portkey: () => import("./portkey.ts"),
  crowd: () => import("./crowd.ts"),
  "broadcast-ws": () => import("./broadcast-ws.ts"),
  "relay-ws": () => import("./relay-ws.ts"),
  "broadcast-bun": () => import("./broadcast-bun.ts"),
  "broadcast-socket-io": () => import("./broadcast-socket-io.ts"),
  arrivals: () => import("./arrivals.ts"),
  restless: () => import("./restless.ts"),
  "recovery-socket-io": () => import("./recovery-socket-io.ts"),
  "durable-streams": () => import("./durable-streams.ts"),
  append: () => import("./append.ts"),
  hello: () => import("./hello.ts"),
};

/** Starts the program of a name in this process. */
export async function startProgram(name: string): Promise<void> {
  const load = PROGRAMS[name];
  if (load === undefined) throw new RangeError(`Cannot start program "${name}": there is none of this name`);
  await (await load()).start();
}
