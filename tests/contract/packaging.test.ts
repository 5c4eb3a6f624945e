/**
 * What the examples for an operator's own machines come to: the container file's image, built from what its build gets and
 * run as it would be; the compose file's three services together; the units' lines.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createClient, workerRef } from "../../client/client.ts";
import { readRuntimeConfig } from "../../runtime/runtime-config.ts";
import { readConfig } from "../../server/config.ts";
import { contextPaths, Image } from "../support/image.ts";
import { parseYaml } from "../support/plain-yaml.ts";
import { ProxyProcess } from "../support/proxy-process.ts";
import { allowProcesses } from "../support/served-workspace.ts";
import { within } from "../support/within.ts";

/** After so long a container that was asked to end is killed, unless told otherwise. */
const CONTAINER_STOP_MS = 10_000;
const TOKEN = "an-access-token-of-some-length";
const RUNTIME_TOKEN = "a-runtime-token-of-some-length";

allowProcesses();

const example = (name: string) => readFileSync(new URL(`../../docs/deploy/${name}`, import.meta.url), "utf8");

let image: Image;
beforeAll(() => {
  image = Image.build();
  put("/run/secrets/access-token", TOKEN);
  put("/run/secrets/runtime-token", RUNTIME_TOKEN);
});
afterAll(() => image[Symbol.dispose]());

/** Puts a file where whoever runs the image would mount one. */
function put(path: string, content: string): void {
  mkdirSync(dirname(join(image.folder, path)), { recursive: true });
  writeFileSync(join(image.folder, path), content);
}

describe("the image", () => {
  test("is built from sources alone: no data, no settings, no packages of this machine's", () => {
    expect(contextPaths().filter((path) => /^(?:\.env|\.git|data|dist|node_modules|tests)/.test(path))).toEqual([]);
    expect(readdirSync(join(image.folder, "app")).toSorted()).toEqual(["LICENSE", "dist", "package.json"]);
    expect(readdirSync(join(image.folder, "app/dist/server")).filter((name) => name.endsWith(".map"))).toEqual([]);
    expect(readdirSync(join(image.folder, "data"))).toEqual([]);
  });

  test("runs without root and without a shell", () => {
    expect(Number(image.instruction("USER").split(":")[0])).toBeGreaterThan(0);
    for (const name of ["ENTRYPOINT", "CMD", "HEALTHCHECK"]) expect(image.words(name)[0]).toMatch(/^\//);
  });

  test("does not start without a token, since it listens beyond loopback, and says what to set", async () => {
    await using container = image.start();
    expect(await within(container.exited, "the end")).toBe(1);
    expect(container.output).toMatch(/^Cannot start: .*YOI_HOST.*YOI_ACCESS_TOKEN_FILE/s);
  });

  test("serves from files that it can't write, keeps all in its volume, is healthy, and ends in time", async () => {
    const environment = { YOI_ACCESS_TOKEN_FILE: "/run/secrets/access-token", YOI_PORT: "0", YOI_DEMO_PACE: "0" };
    const data = join(image.folder, "data");
    await using container = image.start({ environment, data });
    const port = String(await container.port());
    const check = () => image.check(image.words("HEALTHCHECK"), { YOI_PORT: port });
    expect(await check()).toBe(0);
    const client = createClient({ url: `http://127.0.0.1:${port}`, token: TOKEN });
    await client.send(workerRef("backend-internal", "companion"), { content: "Hello" });
    expect(await container.stop(CONTAINER_STOP_MS)).toBe(0);
    expect(await check()).toBe(1);
    expect(container.output).not.toMatch(/"level":"(?:WARN|ERROR)|ERR_ACCESS_DENIED/);
    expect(readdirSync(data).filter((name) => !name.includes(".lock"))).toEqual([
      "backend-internal.sqlite",
      "cursor-secret",
    ]);
  });

  test("gives runs less time at the end than a container has", () => {
    expect(Number(image.environment["YOI_SHUTDOWN_GRACE_MS"])).toBeLessThan(CONTAINER_STOP_MS);
  });
});

interface Service {
  readonly image: string;
  readonly build?: { readonly context: string; readonly dockerfile: string };
  readonly command?: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly networks: readonly string[];
  readonly ports?: readonly string[];
  readonly healthcheck?: { readonly test: readonly string[] };
}

describe("the compose file", () => {
  // why: the tests below hold each part that they use to what it is
  const compose = parseYaml(example("compose.yaml")) as unknown as {
    readonly services: Readonly<Record<"proxy" | "server" | "runtime", Service>>;
    readonly networks: Readonly<Record<string, { readonly internal?: string }>>;
    readonly secrets: Readonly<Record<string, { readonly file: string }>>;
  };
  const { proxy, server, runtime } = compose.services;

  test("builds the image from a file that is there, and names it: without a name Docker looks for a Dockerfile", () => {
    const folder = new URL("../../docs/deploy/", import.meta.url);
    const isThere = [server, runtime].map(({ build }) => {
      const { context, dockerfile } = build!;
      return existsSync(new URL(`${context}/${dockerfile}`, folder));
    });
    expect(isThere).toEqual([true, true]);
  });

  test("gives each image that it builds a name of its own: all are built at once, and a name is taken once", () => {
    const built = Object.values(compose.services).flatMap(({ build, image: name }) => (build ? [name] : []));
    expect(built).toEqual(["yoi-workspace", "yoi-runtime"]);
  });

  test.each(Object.entries(compose.services))("gives %s nothing that it does not need", (_name, service) => {
    expect(service).toMatchObject({
      read_only: "true",
      cap_drop: ["ALL"],
      security_opt: ["no-new-privileges:true"],
    });
  });

  test("lets only the proxy be reached, and the proxy reach only the server", () => {
    expect([proxy.ports, server.ports, runtime.ports]).toEqual([["80:80", "443:443"], undefined, undefined]);
    expect(runtime.networks.filter((network) => proxy.networks.includes(network))).toEqual([]);
    const shared = server.networks.filter((network) => runtime.networks.includes(network));
    expect(shared.map((network) => compose.networks[network])).toEqual([{ internal: "true" }]);
  });

  test("names only secrets that it declares", () => {
    const named = Object.values(compose.services).flatMap(({ environment }) => Object.values(environment));
    const used = named.flatMap((value) => /^\/run\/secrets\/(.*)$/.exec(value)?.[1] ?? []);
    expect([...new Set(used)].toSorted()).toEqual(Object.keys(compose.secrets).toSorted());
  });

  test("has its secrets where no commit takes them along", () => {
    const places = Object.values(compose.secrets).map(({ file }) => dirname(join("docs/deploy", file)));
    expect(new Set(places)).toEqual(new Set(["docs/deploy/secrets"]));
    expect(readFileSync(".gitignore", "utf8").split("\n")).toContain("docs/deploy/secrets/");
  });

  test("makes of the three a workspace with a Runtime elsewhere, behind its proxy", async () => {
    await using behind = image.start({
      command: runtime.command!,
      environment: { ...runtime.environment, YOI_RUNTIME_BIND: "0.0.0.0:0", YOI_DEMO_PACE: "0" },
    });
    const runtimePort = await behind.port();
    const check = runtime.healthcheck!.test.slice(1).map((word) => word.replace("38800", String(runtimePort)));
    expect(await image.check(check, {})).toBe(0);

    const token = join(image.folder, "run/secrets/runtime-token");
    const runtimes = example("runtimes.json").replace("http://runtime:38800", `http://127.0.0.1:${runtimePort}`);
    put("/etc/yoi/runtimes.json", runtimes.replace("/run/secrets/runtime-token", token));
    await using front = image.start({
      environment: { ...server.environment, YOI_TRUSTED_PROXIES: "127.0.0.1", YOI_PORT: "0" },
    });
    await using caddy = await ProxyProcess.start({
      kind: "caddy",
      prefix: "kept",
      upstreamPort: await front.port(),
      change: () =>
        example("Caddyfile").replace("{$YOI_SITE:localhost}", ":80").replace("server:8787", "127.0.0.1:8787"),
    });

    const client = createClient({ url: new URL(caddy.url).origin, token: TOKEN });
    const { runtime_id, worker_id } = await client.spawn("lab", {});
    const ref = workerRef(runtime_id, worker_id);
    await client.send(ref, { content: "Hello" });
    const ended = (async () => {
      for await (const { run, entries } of client.followTranscript(ref)) if (run.state === "ended") return entries;
      return [];
    })();
    const entries = await within(ended, () => `the end of a run; the server said ${front.output}`);
    expect(entries.map(({ kind }) => kind)).toEqual(expect.arrayContaining(["user_input", "assistant_item"]));
    expect(entries.at(-1)?.kind).toBe("run_completed");
    expect([await front.stop(CONTAINER_STOP_MS), await behind.stop(CONTAINER_STOP_MS)]).toEqual([0, 0]);
  });
});

describe("the units", () => {
  /** A unit's lines by their names, in order. */
  const linesOf = (unit: string) => {
    const lines = new Map<string, string[]>();
    for (const [, name = "", value = ""] of example(unit).matchAll(/^(\w+)=(.*)$/gm)) {
      lines.set(name, [...(lines.get(name) ?? []), value]);
    }
    return (name: string) => lines.get(name) ?? [];
  };
  const settingsOf = (unit: string) =>
    Object.fromEntries(linesOf(unit)("Environment").map((pair) => pair.split(/=(.*)/s, 2))) as Record<string, string>;
  const readFile = () => Promise.resolve(TOKEN);

  test.each(["yoi-workspace", "yoi-runtime"])(
    "%s.service runs what was built, as nobody, from what it can't write",
    (name) => {
      const line = linesOf(`${name}.service`);
      const built = /^\/usr\/bin\/node \/opt\/yoi-workspace(\/dist\/server\/\w+\.js)$/.exec(line("ExecStart")[0] ?? "");
      expect(readFileSync(join(image.folder, "app", built?.[1] ?? ""), "utf8")).not.toBe("");
      expect([line("DynamicUser"), line("StateDirectory")]).toEqual([["yes"], [name]]);
      expect([line("ProtectSystem"), line("NoNewPrivileges"), line("PrivateTmp")]).toEqual([
        ["strict"],
        ["yes"],
        ["yes"],
      ]);
      expect(line("LoadCredential")).toEqual([
        name === "yoi-runtime" ? "token:/etc/yoi-runtime/token" : "access-token:/etc/yoi-workspace/access-token",
      ]);
    },
  );

  test.each(["yoi-workspace", "yoi-runtime"])("%s.service is installed by the document, with its secret", (name) => {
    const [, secret = ""] = /:(.+)$/.exec(linesOf(`${name}.service`)("LoadCredential")[0] ?? "") ?? [];
    const document = readFileSync("docs/deploy.md", "utf8");
    expect(document).toContain(`| base64 > ${secret})\n`);
    expect(document).toContain(`cp docs/deploy/${name}.service /etc/systemd/system && `);
    expect(document).toContain(`systemctl enable --now ${name}\n`);
  });

  test("can read what the document installs, whatever the umask of who does it", () => {
    const document = readFileSync("docs/deploy.md", "utf8");
    const [, ...installations] = document.split("cp -r dist package.json /opt/yoi-workspace\n");
    expect(installations.map((next) => next.split("\n", 1))).toEqual([
      ["chmod -R a+rX /opt/yoi-workspace"],
      ["chmod -R a+rX /opt/yoi-workspace"],
    ]);
  });

  test("are told to be run by the Node that the image has", () => {
    const [, version = ""] = /^FROM node:(\d+)-/m.exec(readFileSync("Containerfile", "utf8")) ?? [];
    expect(readFileSync("docs/deploy.md", "utf8")).toContain(`Node ${version} or newer`);
  });

  test("have settings that the programs know, with the token by reference", async () => {
    const config = await readConfig(settingsOf("yoi-workspace.service"), readFile);
    expect(config.store).toMatchObject({ kind: "sqlite", dataDir: "%S/yoi-workspace" });
    expect(config.access.token?.reveal()).toBe(TOKEN);
    expect(config.shutdownGraceMs).toBeLessThan(Number(linesOf("yoi-workspace.service")("TimeoutStopSec")) * 1_000);
    const runtime = await readRuntimeConfig(settingsOf("yoi-runtime.service"), [], readFile);
    expect(runtime.store).toMatchObject({ kind: "sqlite", dataDir: "%S/yoi-runtime" });
    expect([runtime.runtimeId, runtime.token?.reveal()]).toEqual(["lab", TOKEN]);
  });
});
