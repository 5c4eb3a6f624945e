/** The file that names Runtimes elsewhere: what it may say, and what is said of a wrong one. */
import { inspect } from "node:util";
import { describe, expect, test } from "vitest";
import { readRuntimeConfig } from "../../runtime/runtime-config.ts";
import { readConfig } from "../../server/config.ts";

const URL_CANARY = "https://canary-host.example:38801/path";
const TOKEN_CANARY = "canary-token";
const lab = { id: "lab", base_url: URL_CANARY };

function read(content: unknown, environment: Record<string, string> = {}) {
  const text = typeof content === "string" ? content : JSON.stringify(content);
  return readConfig({ YOI_RUNTIMES_FILE: "runtimes.json", LAB_TOKEN: TOKEN_CANARY, ...environment }, async (path) => {
    if (path === "runtimes.json") return text;
    if (path === "token") return `${TOKEN_CANARY}\n`;
    throw new Error(`There is no ${path}`);
  });
}

const runtimes = (...entries: readonly unknown[]) => ({ runtimes: entries });

describe("the Runtimes file", () => {
  test("is not needed", async () => {
    expect((await readConfig({}, () => Promise.reject(new Error("not read")))).remoteRuntimes).toEqual([]);
  });

  test("names Runtimes with what is needed and no more", async () => {
    const { remoteRuntimes } = await read(
      runtimes(
        lab,
        { ...lab, id: "b", display_name: " Bee ", token: { env: "LAB_TOKEN" }, timeout_ms: 5, peer_id: null },
        {
          ...lab,
          id: "c",
          token: { file: "token" },
          peer_id: "runtime-mem-1",
        },
      ),
    );
    expect(remoteRuntimes).toMatchObject([
      { id: "lab", peerId: "lab", displayName: "lab", requestTimeoutMs: null },
      { id: "b", peerId: null, displayName: "Bee", requestTimeoutMs: 5 },
      { id: "c", peerId: "runtime-mem-1", displayName: "c", requestTimeoutMs: null },
    ]);
    expect(remoteRuntimes.map(({ endpoint }) => endpoint.headers)).toEqual([
      {},
      { Authorization: `Bearer ${TOKEN_CANARY}` },
      { Authorization: `Bearer ${TOKEN_CANARY}` },
    ]);
    expect(remoteRuntimes.map(({ endpoint }) => endpoint.url(["v1", "workers", "a/b"]).href)).toEqual(
      Array.from({ length: 3 }, () => `${URL_CANARY}/v1/workers/a%2Fb`),
    );
    expect(remoteRuntimes[0]!.endpoint.webSocketUrl(["v1"]).protocol).toBe("wss:");
  });

  test("may name any variable for a token, for a Runtime process in the same environment too", async () => {
    const listed = runtimes({ ...lab, token: { env: "YOI_LAB" } }, { ...lab, id: "b", token_env: "YOI_RUNTIME_SHED" });
    const environment = { YOI_LAB: TOKEN_CANARY, YOI_RUNTIME_SHED: TOKEN_CANARY };
    expect((await read(listed, environment)).remoteRuntimes).toHaveLength(2);
    const start = (content: unknown, more: Record<string, string> = {}) => {
      const shared = { YOI_RUNTIMES_FILE: "runtimes.json", ...environment, ...more };
      return readRuntimeConfig(shared, [], () => Promise.resolve(JSON.stringify(content)));
    };
    expect((await start(listed)).runtimeId).toBe("runtime");
    expect((await start(runtimes(null, ...listed.runtimes))).runtimeId).toBe("runtime");
    await expect(start(listed, { YOI_ATTIC: "x" })).rejects.toThrow("YOI_ATTIC is not a setting");
    await expect(start(7)).rejects.toThrow("2 things are wrong");
  });

  test("prints neither addresses nor tokens", async () => {
    const config = await read(runtimes({ ...lab, token_env: "LAB_TOKEN" }));
    const { endpoint } = config.remoteRuntimes[0]!;
    for (const printed of [inspect(config, { depth: 9, showHidden: true }), JSON.stringify(config), String(endpoint)]) {
      expect(printed).not.toContain("canary");
    }
    expect(inspect(config, { depth: 9 })).toContain("<backend-private>");
  });

  test.each([
    ["{", "expected JSON"],
    ["[]", 'expected {"runtimes": […]}'],
    [{}, "runtimes: expected a list"],
    [{ runtimes: [], more: 1 }, "more is not a key; known is runtimes"],
    [runtimes({ base_url: URL_CANARY }), "runtimes.0.id: expected 1 to 120 letters"],
    [runtimes({ ...lab, id: "a.b" }), "runtimes.0.id: expected 1 to 120 letters"],
    [runtimes(lab, lab), 'runtimes.1.id: "lab" stands there twice'],
    [
      runtimes({ ...lab, id: "backend-internal" }),
      'runtimes.0.id: "backend-internal" is the Runtime inside the server',
    ],
    [runtimes({ id: "lab" }), "runtimes.0.base_url: expected"],
    [
      runtimes({ ...lab, base_url: "ftp://canary.example" }),
      "runtimes.0.base_url: expected a URL that begins with http",
    ],
    [runtimes({ ...lab, base_url: "canary" }), "runtimes.0.base_url: expected a URL that begins with http"],
    [runtimes({ ...lab, base_url: "http://u:canary@x.example" }), "runtimes.0.base_url: expected a URL without a user"],
    [runtimes({ ...lab, base_url: "http://x.example/?canary=1" }), "runtimes.0.base_url: expected a URL without ?"],
    [runtimes({ ...lab, token: TOKEN_CANARY }), "runtimes.0.token: a secret does not stand in this file: expected"],
    [
      runtimes({ ...lab, token_env: "NOBODY" }),
      "runtimes.0.token_env: names a variable that the environment does not have",
    ],
    [runtimes({ ...lab, token_env: "YOI_HOST" }), "runtimes.0.token_env: expected the name of a variable"],
    [runtimes({ ...lab, token_file: "nowhere" }), "runtimes.0.token_file: names a file that can't be read"],
    [
      runtimes({ ...lab, token_env: "LAB_TOKEN", token_file: "token" }),
      "runtimes.0: expected one of token, token_env and token_file",
    ],
    [runtimes({ ...lab, timeout_ms: 0 }), "runtimes.0.timeout_ms: expected a whole number"],
    [runtimes({ ...lab, timeout_ms: "5" }), "runtimes.0.timeout_ms: expected a whole number"],
    [runtimes({ ...lab, display_name: "" }), "runtimes.0.display_name: expected 1 to 80 characters"],
    [runtimes(7), "runtimes.0: expected an object"],
  ])("that says %j stops the start: %s", async (content, said) => {
    const failure = await read(content).then(
      () => null,
      (error: unknown) => error,
    );
    expect(failure).toBeInstanceOf(Error);
    const { name, message } = failure as Error; // why: just seen to be one
    expect(name).toBe("ConfigError");
    expect(message).toContain(`Cannot start: YOI_RUNTIMES_FILE: ${said}`);
    expect(message).not.toContain("canary");
  });

  test("that is not there stops the start", async () => {
    await expect(read(runtimes(lab), { YOI_RUNTIMES_FILE: "elsewhere" })).rejects.toThrow(
      "Cannot start: YOI_RUNTIMES_FILE names a file that can't be read.",
    );
  });
});
