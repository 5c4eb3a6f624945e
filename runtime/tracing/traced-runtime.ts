/**
 * A Runtime whose commands are traced.
 *
 * Owns one span for each command to a Runtime in this process; reads have none, and one elsewhere has those of its
 * requests. It hands everything on as it is; whoever opens a Runtime puts it in between.
 */
import type { WorkerId } from "../../protocol/id.ts";
import { asProblem } from "../../protocol/problem.ts";
import type { EmbeddedRuntime } from "../embedded.ts";
import type { Tracing } from "./tracing.ts";

/** The same Runtime, with its commands as spans. */
export function tracedRuntime<Traced extends EmbeddedRuntime>(runtime: Traced, tracing: Tracing): Traced {
  const command = async <Result>(name: string, workerId: WorkerId | null, work: () => Promise<Result>) => {
    const span = tracing.start(`runtime ${name}`, {
      attributes: {
        "yoi.runtime.id": runtime.runtimeId,
        ...(workerId === null ? {} : { "yoi.worker.id": workerId }),
      },
    });
    try {
      return await tracing.within(span, work);
    } catch (error) {
      span.fail(asProblem(error).code);
      throw error;
    } finally {
      span.end();
    }
  };
  return {
    ...runtime,
    createWorker: (request, options) => command("create_worker", null, () => runtime.createWorker(request, options)),
    importWorker: (file, options) => command("import_worker", null, () => runtime.importWorker(file, options)),
    renameWorker: (id, name, options) => command("rename_worker", id, () => runtime.renameWorker(id, name, options)),
    stopWorker: (id, reason, options) => command("stop_worker", id, () => runtime.stopWorker(id, reason, options)),
    cancelRun: (id, request, options) => command("cancel_run", id, () => runtime.cancelRun(id, request, options)),
    sendInput: (id, input, options) => command("send_input", id, () => runtime.sendInput(id, input, options)),
  };
}
