/** Workers: how they are made, and the catalogue of them. */
import { bundleOf, sealed } from "../../support/config-bundle.ts";
import { canonicalJson } from "../../support/same-json.ts";
import { check, must, type Section } from "../check.ts";
import { expectError, expectOk, told } from "../http.ts";
import { Body } from "../shapes.ts";
import { DEFAULT_PROFILE, type Subject } from "../subject.ts";

const WORKERS = ["v1", "workers"];
const ZERO_DIGEST = "0".repeat(64);

const create = (subject: Subject, body: unknown) => subject.ask("POST", WORKERS, { body });

export const workerChecks: Section = {
  name: "workers",
  checks: [
    check("one is made with a config bundle", {}, async ({ subject }) => {
      const runtimeId = await subject.runtimeId();
      const bundle = await subject.bundle();
      const worker = await subject.quietWorker();
      const { worker_ref, worker_id, config_bundle } = worker;
      const ids = { worker_ref: { runtime_id: runtimeId, worker_id }, runtime_id: runtimeId };
      must(
        canonicalJson({ worker_ref, runtime_id: worker.runtime_id }) === canonicalJson(ids),
        "its ids",
        () => worker,
      );
      must(config_bundle.id === bundle.id && config_bundle.digest === bundle.digest, "its bundle", () => worker);
      must(canonicalJson(worker.profile) === canonicalJson(DEFAULT_PROFILE), "its profile", () => worker.profile);
      must(worker.status === "running", "the status running", () => worker.status);
      must(worker.transcript_len === 0, "an empty transcript", () => worker.transcript_len);
    }),
    check("one is made without a config bundle (ours)", {}, async ({ subject, tolerate }) => {
      const answer = await create(subject, { profile: DEFAULT_PROFILE });
      if (answer.status === 200) return void expectOk(answer, Body.worker);
      expectError(
        answer,
        answer.status === 404 ? 404 : 400,
        "invalid_json",
        "invalid_request",
        "config_bundle_missing",
      );
      tolerate("bundle_required");
    }),
    check("keys of older requests and unknown ones are ignored", {}, async ({ subject }) => {
      await subject.createWorker({ intent: { kind: "assistant" }, requested_capabilities: [], later: { key: 1 } });
    }),
    check("a bundle that is not stored, or is another, is refused", {}, async ({ subject }) => {
      const { id, digest } = await subject.bundle();
      const ask = (config_bundle: unknown) => create(subject, { profile: DEFAULT_PROFILE, config_bundle });
      expectError(await ask({ id: "conformance-nobody", digest }), 404, "config_bundle_missing");
      expectError(await ask({ id, digest: ZERO_DIGEST }), 400, "config_bundle_digest_mismatch");
      expectError(await ask({ id: "", digest: "" }), 400, "invalid_request");
    }),
    check("a profile that the bundle does not list is refused", {}, async ({ subject }) => {
      const { metadata } = await sealed(bundleOf());
      expectOk(await subject.storeBundle(await sealed(bundleOf())), Body.availability);
      const profile = { kind: "named", value: "conformance-nobody" };
      const config_bundle = { id: metadata.id, digest: metadata.digest };
      expectError(await create(subject, { profile, config_bundle }), 400, "invalid_profile_selector");
    }),
    check("a request without a profile is invalid_json", {}, async ({ subject }) => {
      const config_bundle = await subject.bundle();
      expectError(await create(subject, { config_bundle }), 400, "invalid_json");
      expectError(await create(subject, { config_bundle, profile: { kind: "conformance" } }), 400, "invalid_json");
    }),
    check("a first message that is no person's, or is blank, is refused", {}, async ({ subject }) => {
      const config_bundle = await subject.bundle();
      const ask = (initial_input: unknown) =>
        create(subject, { profile: DEFAULT_PROFILE, config_bundle, initial_input });
      expectError(await ask({ kind: "system", content: "x" }), 400, "invalid_initial_input_kind");
      expectError(await ask({ kind: "user", content: " \n" }), 400, "invalid_request");
    }),
    check("a first message is the first line of its transcript", { answers: 1 }, async ({ subject }) => {
      const content = subject.message;
      const { worker_id } = await subject.createWorker({ initial_input: { kind: "user", content } });
      await subject.idle(worker_id);
      const answer = await subject.ask("GET", [...WORKERS, worker_id, "transcript"]);
      const { items } = expectOk(answer, Body.transcript).transcript;
      must(
        items.some((item) => item.role === "user" && item.content.trim() === content.trim()),
        "the message in the transcript",
        () => told(answer),
      );
    }),
    check("each is found by its id and in the list, which is sorted", {}, async ({ subject }) => {
      const { worker_id } = await subject.quietWorker();
      const { workers } = expectOk(await subject.ask("GET", WORKERS), Body.workers);
      const ids = workers.map((worker) => worker.worker_id);
      must(ids.includes(worker_id), `a list with ${worker_id}`, () => ids);
      must(new Set(ids).size === ids.length, "every Worker once", () => ids);
      const sorted = ids.toSorted((a, b) => (a < b ? -1 : 1));
      must(canonicalJson(ids) === canonicalJson(sorted), "a list sorted by id", () => ids);
      const listed = workers.find((worker) => worker.worker_id === worker_id);
      const alone = await subject.worker(worker_id);
      must(canonicalJson(alone) === canonicalJson(listed), "the same in the list and by its id", () => [alone, listed]);
    }),
    check("an unknown one is not found, and a blank id is no id", {}, async ({ subject }) => {
      const nobody = [...WORKERS, "conformance-nobody"];
      const blank = [...WORKERS, " "];
      const input = { body: { kind: "user", content: "x" } };
      expectError(await subject.ask("GET", nobody), 404, "worker_not_found");
      expectError(await subject.ask("GET", [...nobody, "transcript"]), 404, "worker_not_found");
      expectError(await subject.ask("POST", [...nobody, "input"], input), 404, "worker_not_found");
      expectError(await subject.ask("POST", [...nobody, "stop"]), 404, "worker_not_found");
      expectError(await subject.ask("POST", [...nobody, "cancel"]), 404, "worker_not_found");
      expectError(await subject.ask("GET", blank), 400, "invalid_worker_id");
    }),
  ],
};
