/**
 * An embedded Runtime that can be closed and opened again while its process goes on.
 *
 * Owns which opening is the present one. Whoever asks meanwhile waits for the next; an observation ends with the Runtime
 * that it began on, as it would with its process.
 */
import type { EmbeddedRuntime } from "./embedded.ts";

/** A Runtime that whoever holds it may restart. */
export interface RestartableRuntime extends EmbeddedRuntime {
  /** Ends its runs as interrupted, closes it, and opens it again on its store. One restart at a time. */
  readonly restart: () => Promise<void>;
}

/**
 * Opens a Runtime that can be restarted.
 *
 * @param open Opens it on the same store each time.
 */
export async function openRestartableRuntime(open: () => Promise<EmbeddedRuntime>): Promise<RestartableRuntime> {
  const first = await open();
  let present = Promise.resolve(first);
  let isClosed = false;

  return {
    runtimeId: first.runtimeId,
    kind: first.kind,
    restart() {
      const former = present;
      if (isClosed) return former.then(() => {});
      present = reopen(former, open);
      // A failure is told to those who ask.
      present.catch(() => {});
      return present.then(() => {});
    },
    detail: async (options) => (await present).detail(options),
    capabilities: async (options) => (await present).capabilities(options),
    diagnostics: async (options) => (await present).diagnostics(options),
    storeConfigBundle: async (bundle, options) => (await present).storeConfigBundle(bundle, options),
    listConfigBundles: async (options) => (await present).listConfigBundles(options),
    checkConfigBundle: async (reference, options) => (await present).checkConfigBundle(reference, options),
    listWorkers: async (options) => (await present).listWorkers(options),
    getWorker: async (workerId, options) => (await present).getWorker(workerId, options),
    createWorker: async (request, options) => (await present).createWorker(request, options),
    importWorker: async (conversation, options) => (await present).importWorker(conversation, options),
    renameWorker: async (workerId, name, options) => (await present).renameWorker(workerId, name, options),
    ensureWorker: async (request) => (await present).ensureWorker(request),
    stopWorker: async (workerId, reason, options) => (await present).stopWorker(workerId, reason, options),
    cancelRun: async (workerId, request, options) => (await present).cancelRun(workerId, request, options),
    sendInput: async (workerId, input, options) => (await present).sendInput(workerId, input, options),
    transcript: async (workerId, query, options) => (await present).transcript(workerId, query, options),
    entries: async (workerId, query, options) => (await present).entries(workerId, query, options),
    drain: async (signal) => (await present).drain(signal),
    async *observe(workerId, options) {
      yield* (await present).observe(workerId, options);
    },
    async [Symbol.asyncDispose]() {
      isClosed = true;
      await (await present)[Symbol.asyncDispose]();
    },
  };
}

/** The next opening: after the former one is closed, also where that one never opened. */
async function reopen(
  former: Promise<EmbeddedRuntime>,
  open: () => Promise<EmbeddedRuntime>,
): Promise<EmbeddedRuntime> {
  const runtime = await former.catch(() => null);
  await runtime?.[Symbol.asyncDispose]();
  return open();
}
