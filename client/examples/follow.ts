/**
 * A terminal viewer: shows a Worker's conversation as it is written, across broken links and restarts of the server.
 *
 *     node client/examples/follow.ts http://127.0.0.1:8787 backend-internal companion
 *     deno run -A client/examples/follow.ts http://127.0.0.1:8787 backend-internal companion
 */
import process from "node:process";
import { isKnownEvent } from "../../protocol/event.ts";
import { flattenSegments } from "../../protocol/segment.ts";
import { createClient, workerRef } from "../client.ts";

const [url = "http://127.0.0.1:8787", runtimeId = "backend-internal", workerId = "companion"] = process.argv.slice(2);
const token = process.env["YOI_ACCESS_TOKEN"];
const client = createClient({ url, ...(token === undefined ? {} : { token }) });
const print = (text: string) => process.stdout.write(text);

for await (const step of client.follow(workerRef(runtimeId, workerId))) {
  if (step.kind === "live") print("[live]\n");
  else if (step.kind === "lost") print("[lost]\n");
  else if (step.kind === "waiting") print(`[waiting: ${step.problem}]\n`);
  else if (isKnownEvent(step.event)) {
    const { event } = step;
    if (event.event === "snapshot")
      print(`[${event.data.greeting.worker_name}, ${event.data.entries.length} entries]\n`);
    else if (event.event === "user_message") print(`\n> ${flattenSegments(event.data.segments)}\n`);
    else if (event.event === "text_delta") print(event.data.text);
    else if (event.event === "run_end") print(`\n[${event.data.result}]\n`);
  }
}
