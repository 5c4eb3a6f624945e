/** The configuration file: what it may say, what wins over it, and what is said of a wrong one. */
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { configFileOf, readSettingText } from "../../runtime/node-setting-files.ts";
import { loadRuntimeConfig, printRuntimeConfig } from "../../runtime/runtime-config.ts";
import { ConfigError } from "../../runtime/settings.ts";
import { loadConfig, printConfig, readConfig } from "../../server/config.ts";
import { canariesIn } from "../support/leak-scan.ts";
import { allowProcesses } from "../support/served-workspace.ts";
import { commandOf, testEngine } from "../support/server-process.ts";

allowProcesses();

const TOKEN = "token-canary-0123456789";
const KEY = "key-canary-0123456789";

/** Reads from files that are given by their names. */
const files = (contents: Readonly<Record<string, string>>) => (path: string) => {
  const content = contents[path];
  if (content !== undefined) return Promise.resolve(content);
  return Promise.reject(Object.assign(new Error(`There is no ${path}`), { code: "ENOENT" }));
};

function load(config: string, environment: Record<string, string> = {}, others: Record<string, string> = {}) {
  return loadConfig(environment, files({ "yoi.config.jsonc": config, ...others }), "yoi.config.jsonc");
}

async function refusalOf(config: string, environment: Record<string, string> = {}): Promise<string> {
  const error: unknown = await load(config, environment).catch((reason: unknown) => reason);
  if (error instanceof ConfigError) return error.message;
  throw new Error("Cannot read a refusal: there was none");
}

const FULL = `{
  "$schema": "./docs/yoi.config.schema.json", // for editors
  /* where it listens */
  "server": { "port": 9000, "base_path": "yoi", "cursor_secret": { "file": "/secrets/cursor" } },
  "access": {
    "token": { "env": "MY_TOKEN" },
    "let_anyone_in": false,
    "allowed_hosts": ["A.example", "b.example"],
  },
  "provider": { "api_key": { "env": "MY_KEY" }, "base_url": "https://me:password-canary@models.example/v1?a=b" },
  "store": { "max_bytes": 1048576 },
  "run": { "continue_interrupted": true },
  "runtimes": [
    { "id": "lab", "base_url": "https://lab.example:38800", "token": { "file": "/secrets/lab" }, "timeout_ms": 5 },
    { "id": "shed", "base_url": "http://shed.example", "token_env": "SHED", "peer_id": null },
  ],
}`;
const SECRETS = { "/secrets/cursor": "cursor-canary-0123456789-0123456789\n", "/secrets/lab": "lab-canary\n" };
const ENVIRONMENT = { MY_TOKEN: TOKEN, MY_KEY: KEY, SHED: "shed-canary" };

describe("the configuration file", () => {
  test("sets what it names, with comments, trailing commas and references to secrets", async () => {
    const { config } = await load(FULL, ENVIRONMENT, SECRETS);
    expect(config).toMatchObject({
      port: 9000,
      basePath: "/yoi/",
      host: "127.0.0.1",
      access: { letsAnyoneIn: false, allowedHosts: ["a.example", "b.example"] },
      store: { kind: "sqlite", maxBytes: 1_048_576 },
      continueInterrupted: true,
      remoteRuntimes: [
        { id: "lab", peerId: "lab", requestTimeoutMs: 5 },
        { id: "shed", peerId: null },
      ],
    });
    expect(config.access.token?.reveal()).toBe(TOKEN);
    expect(config.cursorSecret?.reveal()).toBe("cursor-canary-0123456789-0123456789");
    expect(config.provider.kind === "openai" && config.provider.apiKey?.reveal()).toBe(KEY);
    expect(config.remoteRuntimes.map(({ endpoint }) => endpoint.headers)).toEqual([
      { Authorization: "Bearer lab-canary" },
      { Authorization: "Bearer shed-canary" },
    ]);
  });

  test("that is empty changes nothing", async () => {
    const plain = await readConfig({}, files({}));
    expect((await load("{}")).config).toEqual(plain);
    expect((await load("// nothing yet\n{\n}\n")).config).toEqual(plain);
  });

  test("gives way to the environment, also with its secrets and its Runtimes", async () => {
    const environment = {
      ...ENVIRONMENT,
      YOI_PORT: "1",
      YOI_ACCESS_TOKEN: "another-token-0123",
      YOI_CURSOR_SECRET_FILE: "/secrets/other",
      YOI_ALLOWED_HOSTS: "c.example",
      YOI_RUNTIMES_FILE: "runtimes.json",
    };
    const others = {
      ...SECRETS,
      "/secrets/other": "another-cursor-secret-0123456789-01",
      "runtimes.json": '{"runtimes":[{"id":"attic","base_url":"http://attic.example"}]}',
    };
    const { config } = await load(FULL, environment, others);
    expect(config.port).toBe(1);
    expect(config.access.token?.reveal()).toBe("another-token-0123");
    expect(config.cursorSecret?.reveal()).toBe("another-cursor-secret-0123456789-01");
    expect(config.access.allowedHosts).toEqual(["c.example"]);
    expect(config.remoteRuntimes.map(({ id }) => id)).toEqual(["attic"]);
  });

  test("is named by YOI_CONFIG unless the command line names one", async () => {
    const read = files({ a: '{"server":{"port":1}}', b: '{"server":{"port":2}}' });
    expect((await readConfig({ YOI_CONFIG: "a" }, read)).port).toBe(1);
    expect((await readConfig({ YOI_CONFIG: "a" }, read, "b")).port).toBe(2);
  });

  test("serves the Runtime process too, which leaves the server's settings alone and the server its", async () => {
    const config = '{"server":{"port":9},"runtime":{"id":"lab","max_workers":3},"log":{"level":"debug"}}';
    const read = files({ c: config });
    expect((await loadRuntimeConfig({}, [], read, "c")).config).toMatchObject({
      runtimeId: "lab",
      maxWorkers: 3,
      log: { level: "debug" },
    });
    expect((await loadRuntimeConfig({ YOI_RUNTIME_ID: "env" }, ["--id=flag"], read, "c")).config.runtimeId).toBe(
      "flag",
    );
    expect((await readConfig({}, read, "c")).port).toBe(9);
  });

  test("may name any variable for a token of a Runtime elsewhere, for the Runtime process too", async () => {
    const [one, other] = ['"token":{"env":"YOI_LAB"}', '"token_env":"YOI_RUNTIME_SHED"'];
    const base = '"base_url":"http://a.example"';
    const read = files({ c: `{"runtimes":[{"id":"lab",${base},${one}},{"id":"shed",${base},${other}}]}` });
    const environment = { YOI_LAB: TOKEN, YOI_RUNTIME_SHED: TOKEN };
    expect((await readConfig(environment, read, "c")).remoteRuntimes).toHaveLength(2);
    expect((await loadRuntimeConfig(environment, [], read, "c")).config.runtimeId).toBe("runtime");
    const broken = files({ c: `{"runtimes":[null,{"id":"lab",${base},${one}},{"id":"shed",${base},${other}}]}` });
    expect((await loadRuntimeConfig(environment, [], broken, "c")).config.runtimeId).toBe("runtime");
    await expect(loadRuntimeConfig({ YOI_ATTIC: TOKEN }, [], read, "c")).rejects.toThrow("YOI_ATTIC is not a setting");
  });

  test.each([
    ['{"server":{"prot":1}}', "yoi.config.jsonc:1: server.prot is not a setting; did you mean server.port?"],
    ['{\n"acess":{}}', "yoi.config.jsonc:2: acess is not a group of settings; did you mean access?"],
    ['{"port":1}', "yoi.config.jsonc:1: port is not a group of settings; did you mean server.port?"],
    ['{"server":{"token":"canary"}}', "yoi.config.jsonc:1: server.token is not a setting; did you mean access.token?"],
    ['{"server":{"\\u001b[31m":1}}', 'yoi.config.jsonc:1: "server.\\u001b[31m" is not a setting'],
    ['{"server":9}', 'yoi.config.jsonc:1: server: expected an object of settings, as in {"host": …}'],
    ['{"server":{"port":1,"port":2}}', "yoi.config.jsonc:1: server.port stands there twice"],
    [
      '{"server":{"port":"9000"}}',
      'yoi.config.jsonc:1: server.port is "9000": expected a whole number from 0 to 65535',
    ],
    ['{"server":{"port":1.5}}', "yoi.config.jsonc:1: server.port is 1.5: expected a whole number from 0 to 65535"],
    ['{"run":{"continue_interrupted":"yes"}}', 'run.continue_interrupted is "yes": expected true or false'],
    ['{"access":{"allowed_hosts":["a b"]}}', 'access.allowed_hosts is ["a b"]: expected names without a port'],
    ['{"companion":{"language":null}}', "companion.language is null: expected en or ja"],
    [`{"access":{"token":"${TOKEN}"}}`, 'access.token: a secret does not stand in this file: expected {"env": "NAME"}'],
    [`{"access":{"token":{"env":"${TOKEN}"}}}`, "access.token: a secret does not stand in this file"],
    ['{"access":{"token":{"env":"NOBODY"}}}', "access.token names a variable that the environment does not have"],
    ['{"access":{"token":{"file":"/canary"}}}', "access.token names a file that is not there"],
    ['{"access":{"token":{"env":"SHORT"}}}', "access.token, where it leads: expected 16 to 1024 characters"],
    [`{"runtimes":[{"id":"a","base_url":"http://a.example","token":"canary"}]}`, "runtimes.0.token: a secret does not"],
    ['{"runtimes":{}}', "yoi.config.jsonc:1: runtimes: expected a list of at most 64 Runtimes"],
    ['{"server":{"port":1}', "yoi.config.jsonc:1: expected JSON, with comments and trailing commas"],
    ["[]", "yoi.config.jsonc:1: expected JSON, with comments and trailing commas"],
    ["", "yoi.config.jsonc:1: expected JSON, with comments and trailing commas"],
    [`{"x":"${"x".repeat(262_144)}"}`, "yoi.config.jsonc: expected at most 262144 characters"],
  ])("that says %j stops the start: %s", async (config, said) => {
    const message = await refusalOf(config, { SHORT: "canary" });
    expect(message).toContain(said);
    expect(canariesIn(message, ["canary"])).toEqual([]);
    expect(message.split("\n")).toHaveLength(1);
  });

  test("has all that is wrong with it told at once, one line each, beside what is wrong in the environment", async () => {
    const config = '{\n  "server": { "prot": 1, "host": "" },\n  "access": { "token": "canary" }\n}';
    expect((await refusalOf(config, { YOI_LANGUAGE: "fr", YOI_PROT: "1" })).split("\n")).toEqual([
      "Cannot start: 5 things are wrong.",
      "  yoi.config.jsonc:2: server.prot is not a setting; did you mean server.port?",
      '  yoi.config.jsonc:2: server.host is "": expected 1 to 253 characters',
      '  yoi.config.jsonc:3: access.token: a secret does not stand in this file: expected {"env": "NAME"} or ' +
        '{"file": "/path"}, which say where it is',
      '  YOI_LANGUAGE is "fr": expected en or ja',
      "  YOI_PROT is not a setting; did you mean YOI_PORT?",
    ]);
  });

  test("that was named and is not there stops the start, and none that was not", async () => {
    await expect(readConfig({ YOI_CONFIG: "elsewhere.jsonc" }, files({}))).rejects.toThrow(
      "Cannot start: elsewhere.jsonc: there is no such file.",
    );
    await expect(readConfig({}, files({}))).resolves.toMatchObject({ port: 8787 });
  });
});

describe("--print-config", () => {
  test("shows each value with where it came from, and of a secret only where it is", async () => {
    const loaded = await load(FULL, { ...ENVIRONMENT, YOI_PORT: "1" }, SECRETS);
    const printed = printConfig(loaded, "text");
    const line = (key: string) =>
      printed
        .split("\n")
        .find((text) => text.startsWith(`${key} `))
        ?.replaceAll(/ +/g, " ");
    expect(line("server.port")).toBe("server.port 1 environment YOI_PORT");
    expect(line("server.host")).toBe('server.host "127.0.0.1" default');
    expect(line("server.base_path")).toBe('server.base_path "/yoi/" yoi.config.jsonc:4');
    expect(line("server.cursor_secret")).toBe(
      "server.cursor_secret <hidden, from file /secrets/cursor> yoi.config.jsonc:4",
    );
    expect(line("access.token")).toBe("access.token <hidden, from env MY_TOKEN> yoi.config.jsonc:6");
    expect(line("access.allowed_hosts")).toBe('access.allowed_hosts ["A.example","b.example"] yoi.config.jsonc:8');
    expect(line("provider.base_url")).toBe('provider.base_url "https://…@models.example/v1?…" yoi.config.jsonc:10');
    expect(line("provider.max_output_tokens")).toBe("provider.max_output_tokens - default");
    expect(line("runtimes.1")).toBe(
      'runtimes.1 {"id":"shed","peer_id":null,"base_url":"http://shed.example","token":"<hidden, from env SHED>"} ' +
        "yoi.config.jsonc:13",
    );
    expect(canariesIn(printed, ["canary"])).toEqual([]);
    expect(canariesIn(printConfig(loaded, "json"), ["canary"])).toEqual([]);
  });

  test("is JSON for programs, where each setting stands once", async () => {
    const loaded = await load(FULL, { ...ENVIRONMENT, YOI_ACCESS_TOKEN: TOKEN }, SECRETS);
    const { settings } = JSON.parse(printConfig(loaded, "json")) as { settings: { key: string; value: unknown }[] };
    const keys = settings.map(({ key }) => key).filter((key) => key !== null);
    expect(new Set(keys).size).toBe(keys.length);
    expect(settings).toContainEqual({
      key: "access.token",
      variable: "YOI_ACCESS_TOKEN",
      value: "<hidden, from env YOI_ACCESS_TOKEN>",
      source: "environment YOI_ACCESS_TOKEN",
    });
  });

  test("shows the Runtime process's own too, with what its command line said", async () => {
    const environment = { YOI_RUNTIME_TOKEN_FILE: "t" };
    const loaded = await loadRuntimeConfig(environment, ["--id", "lab"], files({ t: TOKEN }), null);
    const printed = printRuntimeConfig(loaded, "text").replaceAll(/ +/g, " ");
    expect(printed).toContain('runtime.id "lab" command line\n');
    expect(printed).toContain("runtime.token <hidden, from the file that YOI_RUNTIME_TOKEN_FILE names> environment ");
    expect(canariesIn(printed, ["canary"])).toEqual([]);
  });
});

describe("a program's command line", () => {
  const folder = mkdtemp(join(tmpdir(), "yoi-config-"));
  afterAll(async () => rm(await folder, { recursive: true }));

  async function run(args: readonly string[], environment: Record<string, string> = {}) {
    const [program, ...words] = commandOf(testEngine);
    const env = { PATH: process.env["PATH"] ?? "", HOME: process.env["HOME"] ?? "", ...environment };
    const { promise, resolve } = Promise.withResolvers<{ code: unknown; stdout: string; stderr: string }>();
    execFile(program, [...words, ...args], { env }, (error, stdout, stderr) =>
      resolve({ code: error?.code ?? 0, stdout, stderr }),
    );
    return promise;
  }

  test("prints the configuration of the file that it names, and starts nothing", async () => {
    const path = join(await folder, "mine.jsonc");
    await writeFile(path, '{ "server": { "port": 4321, }, } // mine\n');
    const { code, stdout, stderr } = await run(["--config", path, "--print-config"]);
    expect([code, stderr]).toEqual([0, ""]);
    expect(stdout).toMatch(/^server\.port +4321 +\S+mine\.jsonc:1$/m);
    expect((await run([`--config=${path}`, "--print-config=json"])).stdout).toContain('"value": 4321');
  });

  test("ends with 1, one line for each thing that is wrong and no stack", async () => {
    const path = join(await folder, "wrong.jsonc");
    await writeFile(path, '{ "server": { "port": "x", "hots": "y" } }');
    const { code, stdout, stderr } = await run(["--config", path]);
    expect([code, stdout, stderr.trimEnd().split("\n").length]).toEqual([1, "", 3]);
    expect(await run(["--what", TOKEN])).toMatchObject({ code: 1, stdout: "" });
    expect((await run(["--what", TOKEN])).stderr).not.toContain(TOKEN);
    expect((await run(["--print-config=xml"])).stderr).toBe(
      "Cannot start: --print-config: expected json or text after the =, or nothing.\n",
    );
  });
});

describe("readSettingText()", () => {
  test("reads a file, and refuses one that has no end", async () => {
    expect(await readSettingText("LICENSE")).toBe(await readFile("LICENSE", "utf8"));
    await expect(readSettingText("/dev/zero")).rejects.toMatchObject({ code: "EFBIG" });
    await expect(readSettingText("/nowhere")).rejects.toMatchObject({ code: "ENOENT" });
  });

  test("configFileOf() prefers the one that was named", () => {
    expect(configFileOf("a", { YOI_CONFIG: "b" })).toBe("a");
    expect(configFileOf(null, { YOI_CONFIG: "b" })).toBe(null);
  });
});
