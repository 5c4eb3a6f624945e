/** What yoi's Backend does to launch a Worker, request by request, in its own bytes. */
import { expect, test } from "vitest";
import { requestHead, sendRaw } from "../support/raw-http.ts";
import { RuntimeObserver } from "../support/runtime-observer.ts";
import { serveRuntime } from "../support/runtime-server.ts";
import { stop, text } from "../support/scripted-model.ts";

const TOKEN = "static-token-of-the-lab";
const BUILTIN = (value: string) => ({ kind: "builtin", value: `builtin:${value}` });

/** Labels, selectors, and the digests that it sends with them. */
const LAUNCHES: readonly (readonly [string, { kind: string; value?: string }, string])[] = [
  ["builtin:coder", BUILTIN("coder"), "f5cad9120ebabd933adddf61d3758ace58ba0f8f8d9fc86af21c2ba1a9538831"],
  ["runtime_default", { kind: "runtime_default" }, "ab9231cda7c2b7f0c96b19fe42b96e3fcea598749912b73c6864b9036a9e4756"],
];

test.each(LAUNCHES)("the launch of %s, from the bundle to the answer", async (label, profile, digest) => {
  await using server = await serveRuntime({ token: TOKEN, scripts: [[text("There are 12."), stop]] });
  // It sends a content type with every request, also where there is no body.
  const head = { Authorization: `Bearer ${TOKEN}`, "Content-Type": "application/json" };
  const send = async (method: string, path: string, body?: unknown) => {
    const json = body === undefined ? "" : JSON.stringify(body);
    const length: Record<string, string> = body === undefined ? {} : { "Content-Length": String(json.length) };
    const { status, body: answer } = await sendRaw(
      server.port,
      requestHead(method, path, { ...head, ...length }) + json,
    );
    expect(status).toBe(200);
    return JSON.parse(answer) as unknown;
  };
  const id = `workspace-runtime-${label.replaceAll(":", "-")}`;
  const metadata = {
    id,
    digest,
    revision: "workspace-runtime-v0",
    workspace_id: "workspace-server",
    created_at: "runtime-generated",
    provenance: { source: "workspace-server", detail: "backend-resolved launch bundle" },
  };
  await send("POST", "/v1/config-bundles", { bundle: { metadata, profiles: [{ selector: profile, label }] } });
  const reference = { id, digest };
  const created = await send("POST", "/v1/workers", { profile, config_bundle: reference });
  expect(created).toMatchObject({
    worker: { worker_id: "worker-00000001", status: "running", profile, config_bundle: reference },
  });
  const worker = "/v1/workers/worker-00000001";
  expect(await send("GET", worker)).toEqual(created);
  await using observer = await new RuntimeObserver(server.url, "worker-00000001", { headers: head }).open();
  await observer.until(({ frames }) => frames.length === 1, "the snapshot");
  expect(await send("POST", `${worker}/input`, { kind: "user", content: "count the files" })).toMatchObject({
    ack: { transcript_sequence: 1, status: "running" },
  });
  await observer.until(({ names }) => names.includes("run_end"), "the answer");
  expect(await send("GET", `${worker}/transcript?start=0&limit=200`)).toMatchObject({
    transcript: { total_items: 2, items: [{ role: "user" }, { role: "assistant", content: "There are 12." }] },
  });
  expect(await send("POST", `${worker}/stop`, {})).toMatchObject({ ack: { status: "stopped" } });
  expect(await send("GET", "/v1/workers")).toMatchObject({ workers: [{ status: "stopped" }] });
});
