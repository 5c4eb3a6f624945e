import { createServer } from "node:net";
import { once } from "node:events";
import { expect, test } from "vitest";
import { Secret } from "../../runtime/secret.ts";
import { ConfigError } from "../../runtime/settings.ts";
import { shownValue } from "../../runtime/settings/problems.ts";
import { readConfig } from "../../server/config.ts";
import { DEFAULT_RETENTION } from "../support/default-retention.ts";
import { allowProcesses } from "../support/served-workspace.ts";
import { ServerProcess } from "../support/server-process.ts";
import { within } from "../support/within.ts";

allowProcesses();

const noFiles = () => Promise.reject(new Error("no such file"));
const files = (contents: Readonly<Record<string, string>>) => (path: string) =>
  path in contents ? Promise.resolve(contents[path]!) : noFiles();

async function refusalOf(environment: Record<string, string>, readFile: (path: string) => Promise<string> = noFiles) {
  const error: unknown = await readConfig(environment, readFile).catch((reason: unknown) => reason);
  if (!(error instanceof ConfigError)) throw new Error("Cannot read a refusal: there was none");
  return error.message;
}

const SECRET = "a-secret-of-more-than-32-characters-0001";

test("readConfig() gives the documented defaults for an empty environment", async () => {
  expect(await readConfig({}, noFiles)).toEqual({
    host: "127.0.0.1",
    port: 8787,
    basePath: "/",
    workspace: { id: "workspace", displayName: "Yoi Workspace" },
    provider: { kind: "demo", pace: 1 },
    language: "en",
    prompt: null,
    access: {
      token: null,
      letsAnyoneIn: false,
      allowedHosts: [],
      allowedOrigins: [],
      trustedProxies: [],
      userHeader: null,
    },
    viewers: { rules: { read_only: [], hide_inner_work: [] }, owners: ["@anyone"] },
    clientLimits: {
      rates: { commandsPerMinute: 1_200, connectsPerMinute: 600 },
      headTimeoutMs: 15_000,
      bodyTimeoutMs: 30_000,
      viewers: { maxViewers: 10_000, maxViewersPerWorker: 2_000, maxViewersPerClient: 500 },
    },
    cursorSecret: null,
    run: {
      firstTokenTimeoutMs: 180_000,
      betweenChunksTimeoutMs: 30_000,
      wholeRunTimeoutMs: 600_000,
      deltaIntervalMs: 40,
      reservedOutputTokens: 4_096,
    },
    heartbeatIntervalMs: 10_000,
    store: { kind: "sqlite", dataDir: "data", sync: "normal", maxBytes: null },
    retention: DEFAULT_RETENTION,
    continueInterrupted: false,
    log: { level: "info", format: "auto" },
    shutdownGraceMs: 10_000,
    remoteRuntimes: [],
  });
});

test("readConfig() takes an empty value as absent", async () => {
  const empty = { YOI_PORT: "", YOI_LANGUAGE: "", OPENAI_API_KEY: "", OPENAI_BASE_URL: "", YOI_UNKNOWN: "" };
  expect(await readConfig(empty, noFiles)).toEqual(await readConfig({}, noFiles));
});

test("readConfig() leaves foreign keys alone", async () => {
  expect(await readConfig({ PATH: "/bin", PORT: "x", OPENAI_ORG: "y" }, noFiles)).toEqual(
    await readConfig({}, noFiles),
  );
});

test("readConfig() takes a host with or without the brackets of an address", async () => {
  for (const YOI_HOST of ["::1", "[::1]"])
    expect(await readConfig({ YOI_HOST }, noFiles)).toMatchObject({ host: "::1" });
});

test("readConfig() takes every key", async () => {
  const config = await readConfig(
    {
      YOI_HOST: "::1",
      YOI_PORT: "0",
      YOI_BASE_PATH: "/yoi",
      YOI_WORKSPACE_ID: "lab:one",
      YOI_WORKSPACE_NAME: "  研究室  ",
      YOI_LANGUAGE: "ja",
      YOI_PROMPT_FILE: "prompt.md",
      YOI_READ_ONLY_VIEWERS: "*, !ada",
      YOI_HIDE_INNER_WORK_FROM: "*@guests.example",
      YOI_OWNERS: "ada",
      YOI_COMMANDS_PER_MINUTE: "0",
      YOI_CONNECTS_PER_MINUTE: "1",
      YOI_HEAD_TIMEOUT_MS: "100",
      YOI_BODY_TIMEOUT_MS: "101",
      YOI_MAX_VIEWERS: "3",
      YOI_MAX_VIEWERS_PER_WORKER: "2",
      YOI_MAX_VIEWERS_PER_CLIENT: "1",
      YOI_CURSOR_SECRET_FILE: "secret",
      YOI_CONTEXT_WINDOW_TOKENS: "8192",
      YOI_MAX_OUTPUT_TOKENS: "512",
      YOI_FIRST_TOKEN_TIMEOUT_MS: "1",
      YOI_BETWEEN_CHUNKS_TIMEOUT_MS: "2",
      YOI_WHOLE_RUN_TIMEOUT_MS: "3",
      YOI_DELTA_INTERVAL_MS: "0",
      YOI_HEARTBEAT_INTERVAL_MS: "50",
      YOI_STORE: "sqlite",
      YOI_DATA_DIR: "/srv/workspace",
      YOI_STORE_SYNC: "full",
      YOI_STORE_MAX_BYTES: "1048576",
      YOI_RETENTION_EVENTS: "16",
      YOI_RETENTION_CHARS: "65536",
      YOI_RETENTION_AGE_MS: "1000",
      YOI_RETENTION_DELTAS_MS: "0",
      YOI_RETENTION_ENTRIES: "17",
      YOI_RETENTION_ENTRY_CHARS: "65537",
      YOI_CONTINUE_INTERRUPTED: "yes",
      YOI_LOG_LEVEL: "debug",
      YOI_LOG_FORMAT: "text",
      YOI_SHUTDOWN_GRACE_MS: "0",
      OPENAI_API_KEY_FILE: "key",
      OPENAI_BASE_URL: "http://models.invalid:8080/v1",
      OPENAI_MODEL: "some-model",
      OPENAI_API: "responses",
      YOI_TRACE_PROVIDER: "yes",
    },
    files({ "prompt.md": "Answer briefly.\n", secret: `${SECRET}\n`, key: "sk-1\n" }),
  );
  expect(config).toEqual({
    host: "::1",
    port: 0,
    basePath: "/yoi/",
    workspace: { id: "lab:one", displayName: "研究室" },
    provider: {
      kind: "openai",
      apiKey: new Secret("sk-1"),
      baseURL: "http://models.invalid:8080/v1",
      model: "some-model",
      api: "responses",
      contextWindowTokens: 8192,
      maxOutputTokens: 512,
      isTraceTold: true,
    },
    language: "ja",
    prompt: "Answer briefly.",
    access: {
      token: null,
      letsAnyoneIn: false,
      allowedHosts: [],
      allowedOrigins: [],
      trustedProxies: [],
      userHeader: null,
    },
    viewers: { rules: { read_only: ["*", "!ada"], hide_inner_work: ["*@guests.example"] }, owners: ["ada"] },
    clientLimits: {
      rates: { commandsPerMinute: 0, connectsPerMinute: 1 },
      headTimeoutMs: 100,
      bodyTimeoutMs: 101,
      viewers: { maxViewers: 3, maxViewersPerWorker: 2, maxViewersPerClient: 1 },
    },
    cursorSecret: new Secret(SECRET),
    run: {
      firstTokenTimeoutMs: 1,
      betweenChunksTimeoutMs: 2,
      wholeRunTimeoutMs: 3,
      deltaIntervalMs: 0,
      reservedOutputTokens: 4_096,
    },
    heartbeatIntervalMs: 50,
    store: { kind: "sqlite", dataDir: "/srv/workspace", sync: "full", maxBytes: 1_048_576 },
    retention: {
      retentionEvents: 16,
      retentionChars: 65_536,
      retentionAgeMs: 1_000,
      retentionDeltasMs: 0,
      retentionEntries: 17,
      retentionEntryChars: 65_537,
    },
    continueInterrupted: true,
    log: { level: "debug", format: "text" },
    shutdownGraceMs: 0,
    remoteRuntimes: [],
  });
});

test("readConfig() takes origins as browsers write them", async () => {
  const { access } = await readConfig({ YOI_ALLOWED_ORIGINS: "https://A.Example,https://b.example:443" }, noFiles);
  expect(access.allowedOrigins).toEqual(["https://a.example", "https://b.example"]);
});

test("readConfig() lets anyone in where that is asked for and nobody has to log in", async () => {
  const asked = { YOI_HOST: "0.0.0.0", YOI_LET_ANYONE_IN: "yes" };
  const isAnyoneLetIn = async (more: Record<string, string>) =>
    (await readConfig({ ...asked, ...more }, noFiles)).access.letsAnyoneIn;
  expect(await isAnyoneLetIn({})).toBe(true);
  expect(await isAnyoneLetIn({ YOI_ACCESS_TOKEN: "a-token-of-16-or-more" })).toBe(false);
  expect(await isAnyoneLetIn({ YOI_TRUSTED_PROXIES: "127.0.0.1", YOI_USER_HEADER: "X-User" })).toBe(false);
});

test("readConfig() keeps nothing on a disk for YOI_STORE=memory", async () => {
  expect((await readConfig({ YOI_STORE: "memory" }, noFiles)).store).toEqual({ kind: "memory" });
});

test("readConfig() prefers a value to a file and then opens no file", async () => {
  const environment = { OPENAI_API_KEY: "sk-2", OPENAI_API_KEY_FILE: "key", YOI_CURSOR_SECRET: SECRET };
  const { provider, cursorSecret } = await readConfig({ ...environment, YOI_CURSOR_SECRET_FILE: "secret" }, noFiles);
  expect(provider).toMatchObject({ kind: "openai", baseURL: "https://api.openai.com/v1" });
  expect(provider.kind === "openai" && provider.apiKey?.reveal()).toBe("sk-2");
  expect(cursorSecret?.reveal()).toBe(SECRET);
});

test.each([
  ["512", 4_096],
  ["8192", 8_192],
  ["1000000", 16_384],
])("readConfig() keeps room for an answer of %s tokens: %i of a window of 32768", async (asked, kept) => {
  const window = { OPENAI_API_KEY: "sk-1", YOI_CONTEXT_WINDOW_TOKENS: "32768" };
  const { run } = await readConfig({ ...window, YOI_MAX_OUTPUT_TOKENS: asked }, noFiles);
  expect(run.reservedOutputTokens).toBe(kept);
});

test("readConfig() needs no key for a compatible server", async () => {
  const { provider } = await readConfig({ OPENAI_BASE_URL: "http://127.0.0.1:11434/v1" }, noFiles);
  expect(provider).toMatchObject({ kind: "openai", apiKey: null });
});

test.each([
  ["YOI_HOST", " ", "expected 1 to 253 characters"],
  ["YOI_PORT", "abc", "expected a whole number from 0 to 65535"],
  ["YOI_PORT", "65536", "expected a whole number from 0 to 65535"],
  ["YOI_PORT", "-1", "expected a whole number from 0 to 65535"],
  ["YOI_PORT", "80.5", "expected a whole number from 0 to 65535"],
  ["YOI_PORT", "0x50", "expected a whole number from 0 to 65535"],
  ["YOI_WORKSPACE_ID", "a/b", "expected letters, digits, _, : and - only"],
  ["YOI_WORKSPACE_NAME", "n".repeat(81), "expected 1 to 80 characters"],
  ["YOI_LANGUAGE", "fr", "expected en or ja"],
  ["YOI_CURSOR_SECRET", "short", "expected 32 to 1024 characters"],
  ["YOI_CONTEXT_WINDOW_TOKENS", "10", "expected a whole number from 8192 to 10000000"],
  ["YOI_MAX_OUTPUT_TOKENS", "0", "expected a whole number from 1 to 1000000"],
  ["YOI_FIRST_TOKEN_TIMEOUT_MS", "0", "expected a whole number from 1 to 3600000"],
  ["YOI_BETWEEN_CHUNKS_TIMEOUT_MS", "1e3", "expected a whole number from 1 to 3600000"],
  ["YOI_WHOLE_RUN_TIMEOUT_MS", "never", "expected a whole number from 1 to"],
  ["YOI_HEARTBEAT_INTERVAL_MS", "10", "expected a whole number from 50 to 3600000"],
  ["YOI_STORE", "disk", "expected sqlite or memory"],
  ["YOI_DATA_DIR", " ", "expected 1 to 4096 characters"],
  ["YOI_STORE_SYNC", "off", "expected normal or full"],
  ["YOI_STORE_MAX_BYTES", "1024", "expected a whole number from 1048576 to"],
  ["YOI_RETENTION_EVENTS", "15", "expected a whole number from 16 to 1000000"],
  ["YOI_RETENTION_CHARS", "0", "expected a whole number from 65536 to"],
  ["YOI_RETENTION_AGE_MS", "1d", "expected a whole number from 1000 to"],
  ["YOI_RETENTION_DELTAS_MS", "-1", "expected a whole number from 0 to"],
  ["YOI_RETENTION_ENTRIES", "15", "expected a whole number from 16 to"],
  ["YOI_RETENTION_ENTRY_CHARS", "0", "expected a whole number from 65536 to"],
  ["YOI_CONTINUE_INTERRUPTED", "true", "expected no or yes"],
  ["YOI_DEMO_PACE", "-1", "expected a number from 0 to 100"],
  ["OPENAI_BASE_URL", "api.example.com/v1", "expected a URL that begins with http:// or https://"],
  ["OPENAI_BASE_URL", "file:///etc/passwd", "expected a URL that begins with http:// or https://"],
  ["OPENAI_API", "legacy", "expected chat or responses"],
])("readConfig() names %s when it is %j, and what would be right", async (key, value, expected) => {
  const message = await refusalOf({ [key]: value });
  // A secret and a path are never repeated.
  const named = /SECRET|DIR/.test(key) ? key : `${key} is ${shownValue(value)}`;
  expect(message.slice(0, `Cannot start: ${named}: ${expected}`.length)).toBe(`Cannot start: ${named}: ${expected}`);
  expect(message.split("\n")).toHaveLength(1);
});

test("readConfig() names every wrong key at once", async () => {
  const environment = { YOI_LANGUAGE: "y", YOI_CURSOR_SECRET: "canary", YOI_PORT: "x\u001b[31m\n" };
  expect((await refusalOf(environment)).split("\n")).toEqual([
    "Cannot start: 3 things are wrong.",
    '  YOI_PORT is "x\\u001b[31m\\n": expected a whole number from 0 to 65535',
    "  YOI_CURSOR_SECRET: expected 32 to 1024 characters",
    '  YOI_LANGUAGE is "y": expected en or ja',
  ]);
});

test.each([
  ["YOI_PROT", "; did you mean YOI_PORT?"],
  ["YOI_ACCES_TOKEN_FILE", "; did you mean YOI_ACCESS_TOKEN_FILE?"],
  ["YOI_RUNTIME_IDD", "; did you mean YOI_RUNTIME_ID?"],
  ["YOI_NOTHING_OF_OURS", "; docs/configuration.md lists them all"],
])("readConfig() refuses %s, which is no setting, says which may be meant, and repeats no value", async (key, said) => {
  expect(await refusalOf({ [key]: "canary" })).toBe(`Cannot start: ${key} is not a setting${said}.`);
});

test.each(["YOI_PROMPT_FILE", "YOI_CURSOR_SECRET_FILE", "OPENAI_API_KEY_FILE"])(
  "readConfig() says of an unreadable file that %s names it, without the path",
  async (key) => {
    const refuse = (code: string) => () => Promise.reject(Object.assign(new Error(code), { code }));
    const environment = { [key]: "/run/secrets/of-mine" };
    const said = (why: string) => `Cannot start: ${key} names a file that ${why}.`;
    expect(await refusalOf(environment)).toBe(said("can't be read"));
    expect(await refusalOf(environment, refuse("ENOENT"))).toBe(said("is not there"));
    expect(await refusalOf(environment, refuse("EACCES"))).toBe(said("this user may not read"));
  },
);

test.each([
  ["YOI_PROMPT_FILE", " \n", "expected 1 to 100000 characters"],
  ["YOI_CURSOR_SECRET_FILE", "", "expected 32 to 1024 characters"],
  ["YOI_CURSOR_SECRET_FILE", "too short", "expected 32 to 1024 characters"],
  ["OPENAI_API_KEY_FILE", "\n", "expected 1 to 4096 characters"],
])("readConfig() holds the file of %s to the bounds of its value when it holds %j", async (key, content, expected) => {
  const message = await refusalOf({ [key]: "/run/secrets/of-mine" }, () => Promise.resolve(content));
  expect(message).toBe(`Cannot start: ${key} names a file with a wrong content: ${expected}.`);
});

test.each(["10.0.0.0/33", "172.16.0.0/255.240.0.0", "10.0.0", "::1/129"])(
  "readConfig() refuses the proxy %s, which is neither an address nor a network, with all else that is wrong",
  async (proxy) => {
    const said = `"${proxy}" is no address and no network: expected one as in 127.0.0.1 or 10.0.0.0/8`;
    expect((await refusalOf({ YOI_TRUSTED_PROXIES: `127.0.0.1,${proxy}`, YOI_PORT: "x" })).split("\n")).toEqual([
      "Cannot start: 2 things are wrong.",
      '  YOI_PORT is "x": expected a whole number from 0 to 65535',
      `  YOI_TRUSTED_PROXIES: ${said}`,
    ]);
    const config = `{"access":{"trusted_proxies":["${proxy}"]}}`;
    expect(await refusalOf({ YOI_CONFIG: "c" }, files({ c: config }))).toBe(
      `Cannot start: c:1: access.trusted_proxies: ${said}.`,
    );
  },
);

test("readConfig() never repeats a secret, nor what an address may hide", async () => {
  const key = "sk-canary".padEnd(5000, "x");
  for (const address of [
    "ftp://me:canary@a.example/",
    "canary@a.example:80",
    "ftp://a.example/?key=canary",
    "https://me:pass/canary@a.example/",
    "https://me:canary#word@a.example/",
    "ftp://a.example/?key=\ncanary",
  ]) {
    const environment = { OPENAI_API_KEY: key, YOI_CURSOR_SECRET: "canary", OPENAI_BASE_URL: address };
    const message = await refusalOf(environment);
    expect(message).toContain("OPENAI_BASE_URL is ");
    expect(message).not.toContain("canary");
  }
});

test("the process ends with 1 and one line when a setting is wrong", async () => {
  await using server = ServerProcess.spawn({ environment: { YOI_PORT: "many" } });
  expect(await within(server.exited, "the end of the process")).toEqual({ code: 1, signal: null });
  expect(server.stdout).toBe("");
  expect(server.stderr).toBe('Cannot start: YOI_PORT is "many": expected a whole number from 0 to 65535.\n');
});

test("the process ends with 1 and one line when a file can't be read", async () => {
  await using server = ServerProcess.spawn({ environment: { OPENAI_API_KEY_FILE: "/nowhere/key" } });
  expect(await within(server.exited, "the end of the process")).toEqual({ code: 1, signal: null });
  expect(server.output).toBe("Cannot start: OPENAI_API_KEY_FILE names a file that is not there.\n");
});

test("the process ends with 1 and one line when its port is taken", async () => {
  const taken = createServer().listen(0, "127.0.0.1");
  await once(taken, "listening");
  const address = taken.address();
  const port = typeof address === "object" && address !== null ? String(address.port) : "";
  try {
    await using server = ServerProcess.spawn({ environment: { YOI_PORT: port } });
    expect(await within(server.exited, "the end of the process")).toEqual({ code: 1, signal: null });
    expect(server.stdout).toBe("");
    expect(server.stderr).toMatch(/^Cannot start: .*(?:address already|port \d+) in use.*\n$/i);
    expect(server.stderr.trim().split("\n")).toHaveLength(1);
  } finally {
    taken.close();
  }
});

test("the process ends with 1 and one line when its host is no address", async () => {
  await using server = ServerProcess.spawn({ environment: { YOI_HOST: "no-such-host.invalid" } });
  expect(await within(server.exited, "the end of the process")).toEqual({ code: 1, signal: null });
  expect(server.output).toMatch(/^Cannot start: [^\n]+\n$/);
});
