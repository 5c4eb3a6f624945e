/**
 * Every cut of the link between Backend and Runtime: each kind of frame, cut at each of its bytes.
 *
 * Owns the Backend's own client of a Runtime elsewhere, led through a network that breaks off at a byte, and the
 * comparison of what it got in all with what the Runtime has published.
 */
import { RuntimeCursor } from "../../../protocol/cursor.ts";
import type { ObservedEvent, Runtime } from "../../../runtime/runtime.ts";
import { remoteClient } from "../../support/remote-client.ts";
import { TcpProxy } from "../../support/tcp-proxy.ts";
import type { Finding } from "../checker.ts";
import { isObservation } from "./breaking.ts";
import { Chance } from "./chance.ts";
import { converse, type CutResult } from "./cuts.ts";
import { everyKind, framesOf } from "./frame-layout.ts";
import { Scene } from "./scene.ts";
import { TOKEN, type Stage } from "./stage.ts";

/** Observations at a time. */
const AT_ONCE = 12;
/** Everything that a log keeps comes behind it. */
const OLDEST = RuntimeCursor.parse("wo_0000000000000000");
const PATIENCE_MS = 20_000;
/** What is long on a busy machine is no fault here. */
const TIMEOUTS = { handshakeTimeoutMs: PATIENCE_MS, requestTimeoutMs: PATIENCE_MS };

/** Cuts at every `stride`-th byte of every kind of frame. */
export async function cutUpstream(stage: Stage, stride = 1): Promise<CutResult> {
  await using scene = await Scene.open(stage, "remote", new Chance(1), 1);
  await converse(scene);
  const link = await CutLink.open(stage, scene);
  const direct = remoteClient(`http://127.0.0.1:${stage.runtimePort}`, TIMEOUTS, TOKEN);
  const log = await scene.wholeLog();
  const head = log.at(-1)?.cursor;
  if (head === undefined) throw new Error("Cannot cut a log that is empty");
  const bytes = await link.bytesOf(head);
  const offsets = [...everyKind(framesOf(bytes))].filter(([, name]) => name !== "handshake");
  const cuts = new Map<string, number>();
  const findings: (Finding & { readonly offset: number })[] = [];
  const queue = offsets.filter((_, index) => index % stride === 0).values();
  const lane = async () => {
    for (const [offset, name] of queue) {
      cuts.set(name, (cuts.get(name) ?? 0) + 1);
      await using own = await CutLink.open(stage, scene);
      const before = await own.until(offset, head);
      const from = before.at(-1)?.cursor ?? OLDEST;
      const after = from === head ? [] : await observe(direct, scene, from, head);
      const got = [...before, ...after].map(
        ({ cursor, payload }) => `${cursor} ${JSON.stringify(JSON.parse(payload))}`,
      );
      const at = log.findIndex(({ cursor, payload }, index) => got[index] !== `${cursor} ${payload}`);
      if (at === -1 && got.length === log.length) continue;
      const detail = `event ${at} of ${log.length} came as ${got[at]}`;
      findings.push({ rule: "lost", who: `byte ${offset} of ${name}`, detail, offset });
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, lane));
  await link[Symbol.asyncDispose]();
  await direct[Symbol.asyncDispose]();
  return { way: "upstream", cuts, findings, liveAfterMs: [] };
}

/** What comes behind a cursor up to another, or until the link breaks. */
async function observe(
  runtime: Runtime,
  { ref }: Scene,
  cursor: RuntimeCursor,
  head: string,
): Promise<readonly ObservedEvent[]> {
  const got: ObservedEvent[] = [];
  const ending = new AbortController();
  const signal = AbortSignal.any([ending.signal, AbortSignal.timeout(PATIENCE_MS)]);
  try {
    for await (const step of runtime.observe(ref.worker_id, { cursor, signal })) {
      if (step.kind === "events") got.push(...step.events);
      if (got.at(-1)?.cursor === head) break;
    }
  } catch {
    // How it broke is the network's matter; what counts is what came.
  }
  ending.abort();
  return got;
}

/** The Backend's client behind a network that breaks off its observation. */
class CutLink implements AsyncDisposable {
  readonly #scene: Scene;
  readonly #proxy: TcpProxy;
  readonly #client: Runtime;

  private constructor(scene: Scene, proxy: TcpProxy) {
    this.#scene = scene;
    this.#proxy = proxy;
    this.#client = remoteClient(proxy.url, TIMEOUTS, TOKEN);
  }

  static async open(stage: Stage, scene: Scene): Promise<CutLink> {
    return new CutLink(scene, await TcpProxy.start(stage.runtimePort));
  }

  /** All bytes of an observation that is not cut. */
  async bytesOf(head: string): Promise<Buffer> {
    const chunks: Buffer[] = [];
    await this.#observe(Number.POSITIVE_INFINITY, head, chunks);
    return Buffer.concat(chunks);
  }

  /** The events that come before the observation is cut at a byte. */
  until(offset: number, head: string): Promise<readonly ObservedEvent[]> {
    return this.#observe(offset, head, []);
  }

  #observe(offset: number, head: string, chunks: Buffer[]): Promise<readonly ObservedEvent[]> {
    let left = offset;
    this.#proxy.accept({
      kind: "read",
      toClient(bytes, link) {
        if (!isObservation(link)) return link.sendToClient(bytes);
        chunks.push(bytes);
        link.sendToClient(bytes.subarray(0, left));
        left -= bytes.length;
        if (left <= 0) link.endClient();
      },
    });
    return observe(this.#client, this.#scene, OLDEST, head);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#client[Symbol.asyncDispose]();
    await this.#proxy[Symbol.asyncDispose]();
  }
}
