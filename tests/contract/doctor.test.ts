/** The doctor against what is configured: stores, providers and Runtimes that are well, and that are not. */
import { execFile } from "node:child_process";
import { mkdir, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { checkFolder } from "../../server/doctor/check-store.ts";
import { makeDataFolder, removeDataFolder } from "../support/data-folder.ts";
import { ACCESS_TOKEN, addressOf, examineIn, PROVIDER_KEY, RUNTIME_TOKEN, statusesOf } from "../support/doctor-run.ts";
import { HostileServer } from "../support/hostile-server.ts";
import { RuntimeProcess } from "../support/runtime-process.ts";
import { allowProcesses } from "../support/served-workspace.ts";
import { commandOf, ServerProcess, testEngine } from "../support/server-process.ts";

allowProcesses();

let folder = "";
beforeAll(() => {
  folder = makeDataFolder();
});
afterAll(() => removeDataFolder(folder));

const examine = (environment: Record<string, string>, ...words: readonly string[]) =>
  examineIn(folder, environment, ...words);

describe("the doctor's word", () => {
  async function run(environment: Record<string, string>, ...words: readonly string[]) {
    const [program, ...before] = commandOf(testEngine);
    const env = { PATH: process.env["PATH"] ?? "", HOME: process.env["HOME"] ?? "", ...environment };
    const { promise, resolve } = Promise.withResolvers<{ code: unknown; stdout: string; stderr: string }>();
    execFile(program, [...before, "doctor", ...words], { env }, (error, stdout, stderr) =>
      resolve({ code: error?.code ?? 0, stdout, stderr }),
    );
    return promise;
  }

  test("examines and ends: with 0 where nothing failed, with 1 where something did", async () => {
    const own = { YOI_PORT: "0", YOI_DATA_DIR: join(folder, "word") };
    const well = await run(own);
    expect([well.code, well.stderr]).toEqual([0, ""]);
    expect(well.stdout).toMatch(/^ok {4}configuration +the environment: 2 of \d+ settings are set$/m);
    const ill = await run({ ...own, YOI_LANGUAGE: "fr", YOI_PROT: "1" });
    expect([ill.code, ill.stderr]).toEqual([1, ""]);
    const prompt = join(folder, "prompt.md");
    await writeFile(prompt, "Say {{nothing_known}}.");
    const { of } = await examine({ YOI_PROMPT_FILE: prompt });
    expect(of("configuration").map(({ status }) => status)).toEqual(["ok", "fail"]);
    expect(ill.stdout.split("\n").filter((line) => line.startsWith("fail"))).toEqual([
      'fail  configuration       YOI_LANGUAGE is "fr": expected en or ja',
      "fail  configuration       YOI_PROT is not a setting; did you mean YOI_PORT?",
    ]);
  });

  test("tells what would stop the start among the variables of traces too", async () => {
    const traces = { OTEL_EXPORTER_OTLP_ENDPOINT: "http://127.0.0.1:4318", OTEL_EXPORTER_OTLP_PROTOCOL: "grpc" };
    const { code, of } = await examine(traces);
    expect([code, of("configuration").map(({ status, found }) => [status, found])]).toEqual([
      1,
      [
        ["ok", expect.any(String)],
        ["fail", "OTEL_EXPORTER_OTLP_PROTOCOL: expected http/json, the one that is spoken here"],
      ],
    ]);
  });

  test.each([[["--what", ACCESS_TOKEN]], [["--url", `https://me:${ACCESS_TOKEN}@a.example/`]], [["--token-env"]]])(
    "is refused with %j, which is not repeated",
    async (words) => {
      const { code, stdout, stderr } = await run({}, ...words);
      expect([code, stdout]).toEqual([1, ""]);
      expect(stderr).toMatch(/^Cannot look: [^\n]+\n$/);
      expect(stderr).not.toContain(ACCESS_TOKEN);
    },
  );
});

describe("a store", () => {
  const inFolder = (name: string) => ({ YOI_DATA_DIR: join(folder, name) });

  test("that is not there yet is no fault", async () => {
    const { code, of } = await examine(inFolder("new"));
    expect([code, of("data folder")[0]?.status, of("store")]).toMatchObject([0, "ok", [{ status: "ok" }]]);
    expect(of("data folder")[0]?.found).toMatch(/new is made at the first start, \d+ MiB free$/);
  });

  test("is well, in use or at rest, and nothing is changed beside it", async () => {
    const environment = { YOI_ACCESS_TOKEN: ACCESS_TOKEN, ...inFolder("used") };
    const server = await ServerProcess.start({ environment });
    try {
      const there = await examine({ ...environment, YOI_PORT: String(server.port) });
      expect(there.of("lock").map(({ status, found }) => [status, found])).toEqual([
        [
          "ok",
          expect.stringMatching(/^(?:another process|process \d+) has the store open, as the server that runs does$/),
        ],
      ]);
      expect(there.of("address")).toMatchObject([
        { status: "ok", found: `a server runs at 127.0.0.1 port ${server.port}` },
      ]);
      const elsewhere = await examine(environment);
      expect([elsewhere.code, elsewhere.of("lock")[0]?.status]).toEqual([0, "warn"]);
    } finally {
      await server.kill("SIGTERM");
    }
    const before = await readdir(join(folder, "used"));
    const { of } = await examine(environment);
    expect(of("lock")).toEqual([]);
    expect(of("store")[0]?.found).toMatch(/^1 MiB, version \d+, checked$/);
    expect(await readdir(join(folder, "used"))).toEqual(before);
  });

  test("whose server was killed is read with what it left, and left as it is", async () => {
    const server = await ServerProcess.start({ environment: inFolder("killed") });
    await server.kill("SIGKILL");
    const before = await readdir(join(folder, "killed"));
    const { code, of } = await examine(inFolder("killed"));
    expect([code, of("lock"), of("store")[0]?.status]).toEqual([0, [], "ok"]);
    expect(await readdir(join(folder, "killed"))).toEqual(before);
  });

  test("that is none is told from one that is", async () => {
    await mkdir(join(folder, "foreign"));
    await writeFile(join(folder, "foreign", "backend-internal.sqlite"), "This is no database. ".repeat(100));
    const { code, of } = await examine(inFolder("foreign"));
    expect([code, of("store")]).toMatchObject([1, [{ status: "fail", found: "the file is no store, or damaged" }]]);
  });

  test("that is damaged inside is found so", async () => {
    await (await ServerProcess.start({ environment: inFolder("damaged") })).kill("SIGTERM");
    const path = join(folder, "damaged", "backend-internal.sqlite");
    const bytes = await readFile(path);
    await writeFile(path, bytes.fill(0xa5, 8192));
    const { code, of } = await examine(inFolder("damaged"));
    expect([code, of("store")[0]?.status]).toEqual([1, "fail"]);
  });

  test("has the files beside it read as a start reads them, which makes none and stops at none", async () => {
    const at = (name: string) => join(folder, "beside", name);
    const wrong = async () => {
      const { code, of } = await examine(inFolder("beside"));
      return { code, wrong: of("data folder").filter(({ status }) => status === "fail") };
    };
    await mkdir(at(""));
    expect(await wrong()).toEqual({ code: 0, wrong: [] });
    expect(await readdir(at(""))).toEqual([]);
    await writeFile(at("cursor-secret"), "not a secret");
    await writeFile(at("viewer-rules.json"), "{");
    expect(await wrong()).toMatchObject({
      code: 1,
      wrong: [
        {
          found: expect.stringMatching(/cursor-secret does not hold a secret$/),
          advice: expect.stringMatching(/^Put the one from a backup in its place, or remove it: .+\.$/),
        },
        {
          found: "viewer-rules.json in the data folder does not hold rules for viewers",
          advice: expect.stringMatching(/^Put the one from a backup in its place, or remove it: .+\.$/),
        },
      ],
    });
    for (const name of ["cursor-secret", "viewer-rules.json"]) {
      await rm(at(name));
      // Nobody can read a folder as a file, whatever rights they have.
      await mkdir(at(name));
    }
    const advice = "Look at the permissions of the files in the data folder.";
    expect(await wrong()).toMatchObject({
      code: 1,
      wrong: [
        { found: expect.stringMatching(/cursor-secret can't be read$/), advice },
        { found: "viewer-rules.json in the data folder can't be read", advice },
      ],
    });
  });

  test("keeps the rules for viewers that were changed there, whatever settings it examines", async () => {
    const path = join(folder, "rules", "viewer-rules.json");
    const rules = { read_only: [], hide_inner_work: [] };
    const kept = JSON.stringify({ version: 1, settings: { ...rules, read_only: ["*"] }, rules });
    await mkdir(join(folder, "rules"));
    await writeFile(path, kept);
    expect((await examine(inFolder("rules"))).code).toBe(0);
    expect(await readFile(path, "utf8")).toBe(kept);
  });

  test("has its folder judged by whether it is one, can be written to, and has room", async () => {
    await writeFile(join(folder, "file"), "");
    expect((await examine(inFolder("file"))).of("data folder")[0]?.found).toMatch(/is no folder$/);
    const facts = { folder: "d", state: "folder", isWritable: true, freeBytes: 2 ** 40 } as const;
    const statusOf = (changed: object) => checkFolder({ ...facts, ...changed })[0]?.status;
    expect(statusOf({})).toBe("ok");
    expect(statusOf({ isWritable: false })).toBe("fail");
    expect(statusOf({ freeBytes: 500 * 2 ** 20 })).toBe("warn");
    expect(statusOf({ freeBytes: 2 ** 20 })).toBe("fail");
    expect(statusOf({ freeBytes: null })).toBe("ok");
  });
});

describe("a provider", () => {
  let provider: HostileServer;
  beforeAll(async () => {
    provider = await HostileServer.start({
      http: (request, response) => {
        const { url = "", headers } = request;
        if (headers.authorization !== `Bearer ${PROVIDER_KEY}`) {
          response.writeHead(401).end('{"error":{"message":"no"}}');
        } else if (url.endsWith("/models")) {
          response.end('{"data":[{"id":"known-model"}]}');
        } else {
          response.writeHead(200, { "Content-Type": "text/event-stream" });
          response.write('data: {"choices":[{"index":0,"delta":{"content":"yes"}}]}\n\n');
          response.end('data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n');
        }
      },
    });
  });
  afterAll(async () => provider[Symbol.asyncDispose]());
  const configured = (key: string, model = "known-model") => ({
    OPENAI_API_KEY: key,
    OPENAI_BASE_URL: `${addressOf(provider)}/v1`,
    OPENAI_MODEL: model,
  });

  test("that is none is the demo", async () => {
    expect((await examine({}, "--provider")).of("provider")).toMatchObject([{ status: "ok" }]);
  });

  test("that takes the key and has the model is well, and is asked for an answer only when that is wanted", async () => {
    const asked = provider.asked.length;
    const { code, of } = await examine(configured(PROVIDER_KEY));
    expect([code, of("provider")]).toMatchObject([0, [{ status: "ok", found: "takes the key and has known-model" }]]);
    expect(provider.asked.slice(asked)).toEqual(["/v1/models", "/v1/models"]);
    expect(provider.authorizations.slice(asked)).toEqual([`Bearer ${PROVIDER_KEY}`, undefined]);
    const tried = await examine(configured(PROVIDER_KEY), "--provider");
    expect(tried.of("first token")[0]).toMatchObject({ status: "ok" });
    expect(provider.asked.slice(asked + 2)).toEqual(["/v1/models", "/v1/models", "/v1/chat/completions"]);
  });

  test("has its list of models read to the end, however much it says of each", async () => {
    await using talkative = await HostileServer.start({
      http: ({ headers }, response) => {
        const others = Array.from({ length: 1_000 }, (_, index) => ({ id: `m-${index}`, about: "x".repeat(1_000) }));
        if (headers.authorization === undefined) response.writeHead(401).end();
        else response.end(JSON.stringify({ data: [...others, { id: "known-model" }] }));
      },
    });
    const environment = { ...configured(PROVIDER_KEY), OPENAI_BASE_URL: `${addressOf(talkative)}/v1` };
    expect((await examine(environment)).of("provider")).toMatchObject([
      { status: "ok", found: "takes the key and has known-model" },
    ]);
  });

  test("whose address lacks its version, and who answers 200 all the same, is told with what to do", async () => {
    await using unversioned = await HostileServer.start({
      http: ({ url = "" }, response) => {
        const refusal = { error: `Unexpected endpoint or method. (GET ${url})` };
        response.end(JSON.stringify(url === "/v1/models" ? { data: [{ id: "known-model" }] } : refusal));
      },
    });
    const { code, of } = await examine({ ...configured(PROVIDER_KEY), OPENAI_BASE_URL: addressOf(unversioned) });
    expect([code, of("provider")]).toMatchObject([
      1,
      [{ status: "fail", advice: "Write provider.base_url with /v1 at its end." }],
    ]);
    expect(unversioned.asked).toEqual(["/models", "/v1/models"]);
  });

  test("that refuses the key, lacks the model or is not there is told with what to do", async () => {
    const wrong = await examine(configured("another-canary"), "--provider");
    expect(statusesOf([...wrong.of("provider"), ...wrong.of("first token")])).toEqual([
      "provider: fail",
      "first token: fail",
    ]);
    expect(wrong.of("provider")[0]?.advice).toContain("provider.api_key");
    expect(wrong.of("first token")[0]?.found).toMatch(/^provider_auth_failed: /);
    expect((await examine(configured(PROVIDER_KEY, "unknown-model"))).of("provider")).toMatchObject([
      { status: "warn" },
    ]);
    const gone = { OPENAI_API_KEY: PROVIDER_KEY, OPENAI_BASE_URL: "http://me:password-canary@127.0.0.1:1/v1" };
    expect((await examine(gone)).of("provider")[0]?.found).toMatch(/does not accept connections/);
  });
});

describe("a Runtime elsewhere", () => {
  async function withRuntime(entry: object, environment: Record<string, string> = {}) {
    const path = join(folder, "runtimes.jsonc");
    await writeFile(path, JSON.stringify({ runtimes: [{ id: "lab", ...entry }] }));
    const { code, of } = await examine({ LAB: RUNTIME_TOKEN, ...environment }, "--config", path);
    return { code, findings: of("runtime lab") };
  }

  test("is well with its token and its name, and told without them", async () => {
    await using runtime = new RuntimeProcess({
      args: ["--id", "lab"],
      environment: { YOI_RUNTIME_TOKEN: RUNTIME_TOKEN },
    });
    const base_url = await runtime.url();
    const token = { env: "LAB" };
    expect(await withRuntime({ base_url, token })).toMatchObject({ code: 0, findings: [{ status: "ok" }] });
    expect(await withRuntime({ base_url, token }, { LAB: "another-canary-0123" })).toMatchObject({
      code: 1,
      findings: [{ status: "fail", found: "refuses the token (401)" }],
    });
    expect(await withRuntime({ base_url })).toMatchObject({
      findings: [{ status: "fail", found: "wants a token, and none is configured (401)" }],
    });
    expect(await withRuntime({ base_url, token, peer_id: "shed" })).toMatchObject({
      findings: [{ status: "fail", found: 'calls itself "lab", where shed is expected' }],
    });
    expect(await withRuntime({ base_url: `${base_url}/elsewhere`, token })).toMatchObject({
      findings: [{ status: "fail", found: "something answers (404) that is no Runtime of this protocol" }],
    });
  });

  test("that has no token and does not go by that name is told so", async () => {
    await using nameless = await HostileServer.start({
      http: (_request, response) => {
        response.writeHead(421).end('{"error":{"code":"host_refused","message":"Another name"}}');
      },
    });
    expect(await withRuntime({ base_url: addressOf(nameless) })).toMatchObject({
      code: 1,
      findings: [{ status: "fail", found: "does not go by the name in its base_url (421)" }],
    });
  });

  test("that is gone, has no address or another time is told so", async () => {
    expect(await withRuntime({ base_url: "http://127.0.0.1:1" })).toMatchObject({
      code: 1,
      findings: [{ status: "fail", found: "does not accept connections; it may not be running" }],
    });
    expect(await withRuntime({ base_url: "http://runtime.invalid" })).toMatchObject({
      findings: [{ status: "fail", found: "has an address that can't be looked up" }],
    });
    await using silent = await HostileServer.start({ http: () => {} });
    expect(await withRuntime({ base_url: addressOf(silent), timeout_ms: 100 })).toMatchObject({
      findings: [{ status: "fail", found: "did not answer in time" }],
    });
    await using late = await HostileServer.start({
      http: (_request, response) => {
        response.writeHead(200, { Date: "Sat, 01 Jan 2000 00:00:00 GMT" }).end('{"runtime":{"runtime_id":"lab"}}');
      },
    });
    expect((await withRuntime({ base_url: addressOf(late) })).findings.map(({ status }) => status)).toEqual([
      "ok",
      "warn",
    ]);
  });
});
