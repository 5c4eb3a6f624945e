/**
 * Portkey's gateway, the peer of the hop: one hop between a client and a provider.
 *
 * Owns how it gets here and how it is started. It is fetched by npm, in the version that is pinned, when a bench first
 * needs it: with its own packages it is too much for everybody who installs this project.
 */
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { once } from "node:events";
import { resolve } from "node:path";
import process from "node:process";
import { pathToFileURL } from "node:url";
import { startOwnProgram, type ServerChild } from "./child.ts";

const VERSION = "1.15.2";
const FOLDER = resolve(`node_modules/.cache/bench/portkey-${VERSION}`);
const SCRIPT = `${FOLDER}/node_modules/@portkey-ai/gateway/build/start-server.js`;

interface Npm {
  readonly npmCommand: () => string[];
  readonly npmEnvironment: Readonly<Record<string, string>>;
}

interface Engines {
  readonly run: (command: string[], options: object) => Promise<number>;
}

/** What a request through it needs, so that it goes to the provider stub. */
export function portkeyHeaders(providerUrl: string): Readonly<Record<string, string>> {
  return {
    Authorization: "Bearer none",
    "x-portkey-provider": "openai",
    "x-portkey-custom-host": providerUrl,
  };
}

/** Starts it and waits until it listens. */
export async function startPortkey(providerUrl: string): Promise<ServerChild> {
  await install();
  const { hostname } = new URL(providerUrl);
  return startOwnProgram("portkey", {
    BENCH_PORTKEY_SCRIPT: SCRIPT,
    BENCH_PORTKEY_PORT: String(await freePort()),
    TRUSTED_CUSTOM_HOSTS: hostname,
  });
}

async function install(): Promise<void> {
  if (existsSync(SCRIPT)) return;
  mkdirSync(FOLDER, { recursive: true });
  writeFileSync(`${FOLDER}/package.json`, JSON.stringify({ private: true }));
  const { npmCommand, npmEnvironment }: Npm = await import(/* @vite-ignore */ scriptAddress("install.mjs"));
  const { run }: Engines = await import(/* @vite-ignore */ scriptAddress("engines.mjs"));
  const options = ["--ignore-scripts", "--no-fund", "--no-audit", "--loglevel=error", "--save-exact"];
  const command = [...npmCommand(), "install", ...options, `@portkey-ai/gateway@${VERSION}`];
  const code = await run(command, { cwd: FOLDER, env: npmEnvironment });
  if (code !== 0) throw new Error(`Cannot get Portkey's gateway: npm install ended with code ${code}`);
}

/** By its address: a script looks from its own place for what is installed, so it must not be bundled. */
function scriptAddress(name: string): string {
  return pathToFileURL(`${process.cwd()}/scripts/${name}`).href;
}

/** It takes a port but no 0. */
async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (address === null || typeof address === "string") throw new TypeError("Cannot find a free port");
  return address.port;
}
