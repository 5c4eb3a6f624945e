/**
 * A Runtime elsewhere, as the doctor sees it: whether it can be reached, takes the token, is who it should be, and has the
 * same time.
 */
import * as z from "zod/mini";
import { parseJson } from "../../runtime/parse-json.ts";
import { codeOf } from "../../runtime/remote/rejection.ts";
import type { RemoteRuntimeConfig } from "../runtimes-file.ts";
import { reasonOf, type Ask } from "./ask.ts";
import { fail, ok, warn, type Finding } from "./finding.ts";

const TIMEOUT_MS = 10_000;
const MAX_SKEW_MS = 60_000;

const RuntimeAnswer = z.object({ runtime: z.looseObject({ runtime_id: z.string().check(z.maxLength(256)) }) });

/** Asks a Runtime who it is. */
export async function checkRuntime(runtime: RemoteRuntimeConfig, ask: Ask, now: () => number): Promise<Finding[]> {
  const { id, peerId, endpoint, requestTimeoutMs } = runtime;
  const subject = `runtime ${id}`;
  const startedMs = now();
  let reply;
  try {
    const timeoutMs = requestTimeoutMs ?? TIMEOUT_MS;
    reply = await ask({ url: endpoint.url(["v1", "runtime"]), headers: endpoint.headers, timeoutMs });
  } catch (error) {
    return [fail(subject, reasonOf(error), "Look whether it runs, at its base_url, and at what is between the two.")];
  }
  const tookMs = now() - startedMs;
  if (reply.status === 401 || reply.status === 403) {
    const hasToken = "Authorization" in endpoint.headers;
    const found = hasToken ? "refuses the token" : "wants a token, and none is configured";
    return [fail(subject, `${found} (${reply.status})`, "Put its own token where the Runtime's token leads.")];
  }
  if (codeOf(parseJson(reply.text)) === "host_refused") {
    const advice = "Give it a token: without one it goes by the names of loopback alone.";
    return [fail(subject, `does not go by the name in its base_url (${reply.status})`, advice)];
  }
  const answer = RuntimeAnswer.safeParse(reply.status === 200 ? parseJson(reply.text) : undefined);
  if (!answer.success) {
    const advice = "Look at its base_url: a path may be missing, or another program answers there.";
    return [fail(subject, `something answers (${reply.status}) that is no Runtime of this protocol`, advice)];
  }
  const called = answer.data.runtime.runtime_id;
  if (peerId !== null && called !== peerId) {
    const advice = `Set its peer_id to what it calls itself, if it is the right one, or mend its base_url.`;
    return [fail(subject, `calls itself ${JSON.stringify(called)}, where ${peerId} is expected`, advice)];
  }
  return [
    ok(subject, `answers after ${tookMs} ms, and is ${called}`),
    ...checkClock(subject, reply.headers["date"], now()),
  ];
}

function checkClock(subject: string, date: string | undefined, nowMs: number): Finding[] {
  const theirs = Date.parse(date ?? "");
  const skewMs = Math.abs(theirs - nowMs);
  if (Number.isNaN(theirs) || skewMs <= MAX_SKEW_MS) return [];
  const advice = "Set the clocks of both machines by the network: times of events are those of the Runtime.";
  return [warn(subject, `its clock is ${Math.round(skewMs / 1_000)} s away from this one`, advice)];
}
