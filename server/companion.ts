/**
 * The Companion by its own routes.
 *
 * Owns nothing but names: it is an ordinary Worker, and each of its routes is the Worker's operation in the shape that
 * the reference gives it.
 */
import type {
  CompanionItem,
  CompanionMessageResponse,
  CompanionStatus,
  CompanionTranscript,
  WorkerSummary,
  WorkerTranscript,
} from "../protocol/backend-api.ts";
import type { WorkerRef } from "../protocol/id.ts";
import type { Backend, Companion } from "./backend.ts";
import type { ObservationPolicy } from "./policy.ts";

/** The Companion over the Backend's operations. */
export function createCompanion(options: {
  readonly ref: WorkerRef;
  readonly backend: Pick<Backend, "getWorker" | "transcript" | "sendInput" | "cancelRun">;
  readonly maxRecords: number;
}): Companion {
  const { ref, backend, maxRecords } = options;

  const newest = async (policy: ObservationPolicy): Promise<WorkerTranscript> => {
    const { total_items } = await backend.transcript(ref, { start: 0, limit: 0 }, policy);
    return backend.transcript(ref, { start: Math.max(0, total_items - maxRecords), limit: maxRecords }, policy);
  };

  /** What a command answers: how the Worker stands after it, and the newest of its transcript. */
  const respond = async (
    state: CompanionStatus["state"],
    policy: ObservationPolicy,
  ): Promise<CompanionMessageResponse> => {
    const [worker, page] = await Promise.all([backend.getWorker(ref), newest(policy)]);
    const transcript = companionTranscript(page, stateOf(worker));
    const newestOf = (role: string) => transcript.items.findLast((item) => item.role === role);
    const user = newestOf("user");
    const answer = newestOf("assistant");
    return {
      state,
      worker,
      ...(user ? { user_item: user } : {}),
      ...(answer ? { assistant_item: answer } : {}),
      transcript,
      diagnostics: [],
    };
  };

  return {
    ref,

    async status() {
      const worker = await backend.getWorker(ref);
      const state = stateOf(worker);
      const isUsable = state === "ready" || state === "busy";
      return {
        state,
        worker,
        transport: {
          kind: "embedded_worker_runtime",
          completion: isUsable ? "connected" : "not_input_capable",
          limitation: isUsable ? "It converses and has no tools." : "It takes no messages at the moment.",
        },
        diagnostics: [],
      };
    },

    async transcript(query, policy) {
      const [worker, page] = await Promise.all([backend.getWorker(ref), backend.transcript(ref, query, policy)]);
      return companionTranscript(page, stateOf(worker));
    },

    async sendMessage({ content, submission_id }, policy) {
      await backend.sendInput(ref, {
        kind: "user",
        content,
        ...(submission_id === undefined ? {} : { submission_id }),
      });
      return respond("accepted", policy);
    },

    async cancel(request, policy) {
      await backend.cancelRun(ref, request);
      return respond("cancelled", policy);
    },
  };
}

function stateOf({ capabilities, status }: WorkerSummary): CompanionStatus["state"] {
  if (status === "running") return "busy";
  return capabilities.can_accept_input ? "ready" : "error";
}

function companionTranscript(page: WorkerTranscript, state: CompanionStatus["state"]): CompanionTranscript {
  const { start, limit, total_items, next_start, items } = page;
  return {
    state,
    start,
    limit,
    total_items,
    ...(next_start === undefined ? {} : { next_start }),
    items: items.map(({ sequence, role, content }): CompanionItem => ({
      sequence,
      role,
      content,
      created_at: `runtime_sequence:${sequence}`,
      source: "worker_runtime",
      status: "committed",
    })),
    diagnostics: [],
  };
}
