/**
 * Real proxies as processes of their own, each with a configuration from the document that people follow.
 *
 * Owns where their programs are, the folder in which one runs, and what the document's text needs to run there: a port
 * of its own, the server's, a link's idle time. What a proxy does is left as the document has it.
 */
import { spawn, type ChildProcess } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import process from "node:process";
import { takeLastingPort } from "./lasting-port.ts";
import { DEADLINE_MS, within } from "./within.ts";

/** The proxies, each with Debian's package. */
export const PROXY_PACKAGES = { nginx: "nginx-light", caddy: "caddy", haproxy: "haproxy" } as const;
export type ProxyKind = keyof typeof PROXY_PACKAGES;

/** A link that is idle for so long is cut. */
export const IDLE_CUT_S = 10;

const POLL_MS = 25;
const document = new URL("../../docs/proxies.md", import.meta.url);

/** Where a proxy's program is, if it is on this machine. */
export function findProxy(kind: ProxyKind): string | undefined {
  const folders = [...(process.env["PATH"] ?? "").split(delimiter), "/usr/sbin", "/usr/local/sbin"];
  return folders.map((folder) => join(folder, kind)).find((path) => existsSync(path));
}

/** The document's example for a proxy that keeps the prefix, or strips it. */
function exampleOf(kind: ProxyKind, prefix: "kept" | "stripped"): string {
  const block = new RegExp(`^\`\`\`${kind} ${prefix}\\n(.*?)^\`\`\`$`, "ms").exec(readFileSync(document, "utf8"));
  if (!block?.[1]) throw new Error(`Cannot find the example "${kind} ${prefix}" in docs/proxies.md`);
  return block[1];
}

/** What stands around an example, and how the program runs it in the foreground. */
const SETTINGS: Readonly<
  Record<
    ProxyKind,
    { around: (example: string, folder: string) => string; args: (file: string, folder: string) => string[] }
  >
> = {
  nginx: {
    // Started by root its workers would be somebody who may not write to the folder; started by others they are those.
    around: (
      example,
      folder,
    ) => `user root; daemon off; pid ${folder}/pid; error_log stderr; worker_processes 1; events {}
http {
  access_log off;
  proxy_buffering on;
  proxy_read_timeout ${IDLE_CUT_S}s;
  proxy_send_timeout ${IDLE_CUT_S}s;
  ${["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map((name) => `${name}_temp_path ${folder}/${name};`).join("\n  ")}
  ${example}
}
`,
    args: (file, folder) => ["-p", folder, "-e", "stderr", "-c", file],
  },
  caddy: {
    around: (example) =>
      `{\n  admin off\n  auto_https off\n}\n${example.replace(
        /reverse_proxy \S+ \{/,
        `$&\n      transport http {\n        read_timeout ${IDLE_CUT_S}s\n        write_timeout ${IDLE_CUT_S}s\n      }`,
      )}`,
    args: (file) => ["run", "--adapter", "caddyfile", "--config", file],
  },
  haproxy: {
    around: (example) => `defaults
  timeout connect 5s
  timeout client ${IDLE_CUT_S}s
  timeout server ${IDLE_CUT_S}s
  timeout tunnel ${IDLE_CUT_S}s

${example}`,
    args: (file) => ["-db", "-f", file],
  },
};

/** How a proxy is started. */
export interface ProxyOptions {
  readonly kind: ProxyKind;
  readonly prefix: "kept" | "stripped";
  /** The server's port. */
  readonly upstreamPort: number;
  /** Makes something else of the example. */
  readonly change?: (example: string) => string;
}

const running = new Set<ChildProcess>();
process.on("exit", () => running.forEach((child) => child.kill("SIGKILL")));

/** A proxy that runs. */
export class ProxyProcess implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #folder: string;
  readonly #port: number;
  #output = "";

  private constructor(child: ChildProcess, folder: string, port: number) {
    this.#child = child;
    this.#folder = folder;
    this.#port = port;
    running.add(child);
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding("utf8").on("data", (text: string) => (this.#output += text));
    }
  }

  static async start({
    kind,
    prefix,
    upstreamPort,
    change = (example) => example,
  }: ProxyOptions): Promise<ProxyProcess> {
    const program = findProxy(kind);
    if (program === undefined) throw new Error(`Cannot start ${kind}: run scripts/install-proxies.mjs first`);
    const folder = mkdtempSync(join(tmpdir(), `yoi-${kind}-`));
    mkdirSync(join(folder, "home"));
    const port = await takeLastingPort();
    const example = change(exampleOf(kind, prefix))
      .replace(/(listen |bind )(?::?)80\b/, `$1127.0.0.1:${port}`)
      .replace(/^:80 /m, `http://127.0.0.1:${port} `)
      .replaceAll("127.0.0.1:8787", `127.0.0.1:${upstreamPort}`);
    const file = join(folder, "configuration");
    const { around, args } = SETTINGS[kind];
    writeFileSync(file, around(example, folder));
    const home = join(folder, "home");
    const env = { ...process.env, HOME: home, XDG_DATA_HOME: home, XDG_CONFIG_HOME: home };
    const child = spawn(program, args(file, folder), { cwd: folder, env, stdio: ["ignore", "pipe", "pipe"] });
    const proxy = new ProxyProcess(child, folder, port);
    try {
      await within(proxy.#listening(), () => `${kind} to listen; it said ${proxy.#output}`);
      return proxy;
    } catch (error) {
      await proxy[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Where the console is, e.g. `http://127.0.0.1:40123/yoi`. */
  get url(): string {
    return `http://127.0.0.1:${this.#port}/yoi`;
  }

  async #listening(): Promise<void> {
    const until = Date.now() + DEADLINE_MS;
    while (Date.now() < until) {
      if (this.#child.exitCode !== null) throw new Error(`The proxy ended: ${this.#output}`);
      if (await canConnect(this.#port)) return;
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) resolve();
    else this.#child.once("close", () => resolve());
    // Nothing of it outlives the test: links that are open end with it.
    this.#child.kill("SIGTERM");
    await within(promise, () => `the proxy to end; it said ${this.#output}`);
    running.delete(this.#child);
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

function canConnect(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: "127.0.0.1", port });
    socket.once("connect", () => (socket.destroy(), resolve(true)));
    socket.once("error", () => resolve(false));
  });
}
