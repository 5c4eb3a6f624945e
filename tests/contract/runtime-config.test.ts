/** The Runtime process's configuration: environment, flags, files, and what is said of a wrong one. */
import { describe, expect, test } from "vitest";
import { DEFAULT_RETENTION } from "../support/default-retention.ts";
import { readRuntimeConfig } from "../../runtime/runtime-config.ts";
import { ConfigError } from "../../runtime/settings.ts";

const TOKEN = "a-token-of-16-or-more";
const noFiles = () => Promise.reject(new Error("ENOENT: /secret/place"));
const read = (environment: Record<string, string>, args: readonly string[] = [], file?: string) =>
  readRuntimeConfig(environment, args, file === undefined ? noFiles : () => Promise.resolve(file));

async function refusal(environment: Record<string, string>, args: readonly string[] = [], file?: string) {
  try {
    await read(environment, args, file);
    return null;
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
}

describe("readRuntimeConfig()", () => {
  test("gives the documented defaults for an empty environment", async () => {
    expect(await read({})).toEqual({
      provider: { kind: "demo", pace: 1 },
      language: "en",
      prompt: null,
      run: {
        firstTokenTimeoutMs: 180_000,
        betweenChunksTimeoutMs: 30_000,
        wholeRunTimeoutMs: 600_000,
        deltaIntervalMs: 40,
        reservedOutputTokens: 4_096,
      },
      runtimeId: "runtime",
      displayName: "Yoi Runtime",
      host: "127.0.0.1",
      port: 38_800,
      store: { kind: "sqlite", dataDir: "data", sync: "normal", maxBytes: null },
      retention: DEFAULT_RETENTION,
      continueInterrupted: false,
      log: { level: "info", format: "auto" },
      shutdownGraceMs: 10_000,
      token: null,
      maxWorkers: 1_000,
      maxConfigBundles: 256,
      maxObservers: 1_000,
      heartbeatIntervalMs: 10_000,
    });
  });

  test("takes flags in both forms, and prefers them to the environment", async () => {
    const args = ["--id", "lab:one", "--bind=[::1]:0", "--display-name", "Lab = One", "--max-workers=3"];
    expect(await read({ YOI_RUNTIME_ID: "other", YOI_RUNTIME_MAX_OBSERVERS: "7" }, args)).toMatchObject({
      runtimeId: "lab:one",
      host: "::1",
      port: 0,
      displayName: "Lab = One",
      maxWorkers: 3,
      maxObservers: 7,
    });
  });

  test("takes where Workers are kept and for how long", async () => {
    const environment = { YOI_STORE_SYNC: "full", YOI_STORE_MAX_BYTES: "1048576", YOI_RETENTION_ENTRIES: "16" };
    expect(await read({ ...environment, YOI_CONTINUE_INTERRUPTED: "yes" }, ["--data-dir", "/srv/lab"])).toMatchObject({
      store: { kind: "sqlite", dataDir: "/srv/lab", sync: "full", maxBytes: 1_048_576 },
      retention: { ...DEFAULT_RETENTION, retentionEntries: 16 },
      continueInterrupted: true,
    });
    expect((await read({}, ["--store=memory"])).store).toEqual({ kind: "memory" });
  });

  test("takes the token from the environment or a file, and prefers the environment", async () => {
    expect((await read({ YOI_RUNTIME_TOKEN: TOKEN })).token?.reveal()).toBe(TOKEN);
    expect((await read({ YOI_RUNTIME_TOKEN_FILE: "/t" }, [], `${TOKEN}\n`)).token?.reveal()).toBe(TOKEN);
    expect((await read({}, ["--token-file", "/t"], TOKEN)).token?.reveal()).toBe(TOKEN);
    expect((await read({ YOI_RUNTIME_TOKEN: TOKEN, YOI_RUNTIME_TOKEN_FILE: "/t" }, [], "x")).token?.reveal()).toBe(
      TOKEN,
    );
  });

  test("leaves the workspace server's settings alone", async () => {
    expect(await read({ YOI_PORT: "1", YOI_HOST: "x", YOI_CURSOR_SECRET: "y" })).toEqual(await read({}));
  });

  test.each([
    ["0.0.0.0:38800"],
    ["[::]:38800"],
    ["192.168.0.7:38800"],
    ["127.0.0.1.example.org:38800"],
    ["runtime.example:38800"],
  ])("refuses %s without a token, and takes it with one or with the opt-out", async (bind) => {
    const reason = await refusal({ YOI_RUNTIME_BIND: bind });
    expect(reason).toContain("YOI_RUNTIME_BIND");
    expect(reason).toContain("YOI_RUNTIME_LET_ANYONE_COMMAND");
    expect(await refusal({ YOI_RUNTIME_BIND: bind, YOI_RUNTIME_TOKEN: TOKEN })).toBe(null);
    expect(await refusal({ YOI_RUNTIME_BIND: bind, YOI_RUNTIME_LET_ANYONE_COMMAND: "yes" })).toBe(null);
  });

  test.each([["127.0.0.1:1"], ["127.9.9.9:1"], ["localhost:1"], ["[::1]:1"]])(
    "takes %s without a token",
    async (bind) => {
      expect(await refusal({ YOI_RUNTIME_BIND: bind })).toBe(null);
    },
  );

  test.each<[string, string]>([
    ["YOI_RUNTIME_ID", "a b"],
    ["YOI_RUNTIME_ID", "x".repeat(121)],
    ["YOI_RUNTIME_DISPLAY_NAME", "x".repeat(81)],
    ["YOI_RUNTIME_BIND", "38800"],
    ["YOI_RUNTIME_BIND", "127.0.0.1"],
    ["YOI_RUNTIME_BIND", "127.0.0.1:65536"],
    ["YOI_RUNTIME_BIND", "::1:38800"],
    ["YOI_RUNTIME_STORE", "disk"],
    ["YOI_RUNTIME_DATA_DIR", " "],
    ["YOI_STORE_SYNC", "off"],
    ["YOI_RUNTIME_TOKEN", "short"],
    ["YOI_RUNTIME_TOKEN", "with spaces in the middle"],
    ["YOI_RUNTIME_TOKEN", "mit-Umlauten-äöü-drin"],
    ["YOI_RUNTIME_TOKEN_FILE", "/not/there"],
    ["YOI_RUNTIME_LET_ANYONE_COMMAND", "true"],
    ["YOI_RUNTIME_MAX_WORKERS", "0"],
    ["YOI_RUNTIME_MAX_CONFIG_BUNDLES", "-1"],
    ["YOI_RUNTIME_MAX_OBSERVERS", "many"],
    ["YOI_RUNTIME_HEARTBEAT_INTERVAL_MS", "1"],
    ["YOI_RUNTIME_TYPO", "x"],
    ["OPENAI_BASE_URL", "ftp://x"],
  ])("names %s when it is %j", async (name, value) => {
    const reason = await refusal({ [name]: value });
    expect(reason).toMatch(/^Cannot start: /);
    expect(reason).toContain(name);
  });

  test.each([
    [["--token", TOKEN], "a token is no flag"],
    [[`--token=${TOKEN}`], "a token is no flag"],
    [["--idd", "x"], "unknown flag"],
    [["lab-one"], "unknown flag"],
    [["--id"], "--id needs a value"],
    [["--id="], "--id needs a value"],
  ])("refuses the command line %j", async (args, words) => {
    const reason = await refusal({}, args);
    expect(reason).toContain(words);
    expect(reason).not.toContain(TOKEN);
  });

  test("holds the token's file to the bounds of the token, and does not repeat it", async () => {
    const reason = await refusal({ YOI_RUNTIME_TOKEN_FILE: "/t" }, [], "too-short");
    expect(reason).toContain("YOI_RUNTIME_TOKEN_FILE");
    expect(reason).not.toContain("too-short");
  });
});
