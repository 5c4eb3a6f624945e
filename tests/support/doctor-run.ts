/**
 * One run of the doctor in this process.
 *
 * Owns the secrets that runs are given, and the search for them in all that is said.
 */
import { join } from "node:path";
import { expect } from "vitest";
import type { Finding } from "../../server/doctor/finding.ts";
import { runDoctor } from "../../server/node-doctor.ts";
import type { HostileServer } from "./hostile-server.ts";
import { canariesIn } from "./leak-scan.ts";

export const ACCESS_TOKEN = "access-canary-0123456789";
export const PROVIDER_KEY = "key-canary-0123456789";
export const RUNTIME_TOKEN = "runtime-canary-0123456789";
const CANARIES = [ACCESS_TOKEN, PROVIDER_KEY, RUNTIME_TOKEN, "password-canary"];

/** What the doctor says, and its exit code. Nothing that it says may hold a secret. */
export async function examineIn(folder: string, environment: Record<string, string>, ...words: readonly string[]) {
  const lines: string[] = [];
  const say = (line: string) => lines.push(line);
  const own = { YOI_PORT: "0", YOI_DATA_DIR: join(folder, "unused") };
  const tracing = { serviceName: "of-the-test", hasPlatformExporter: false };
  const code = await runDoctor([...words, "--json"], { ...own, ...environment }, { say, complain: say }, tracing);
  expect(canariesIn(lines.join("\n"), CANARIES)).toEqual([]);
  const { findings } = JSON.parse(lines.join("\n")) as { findings: Finding[] };
  return { code, of: (subject: string) => findings.filter((finding) => finding.subject === subject), findings };
}

/** Where a server is. */
export const addressOf = ({ port }: HostileServer): string => `http://127.0.0.1:${port}`;

/** Findings in short, e.g. `store: ok`. */
export const statusesOf = (findings: readonly Finding[]) =>
  findings.map(({ subject, status }) => `${subject}: ${status}`);
