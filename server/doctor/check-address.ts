/**
 * The address that is listened on, as the doctor sees it: free, taken by a server of ours, or by something else.
 */
import { problemCodeOf, type Ask } from "./ask.ts";
import { fail, ok, type Finding } from "./finding.ts";

const SUBJECT = "address";
const TIMEOUT_MS = 3_000;

/** Who is at the address. */
export type Neighbour = "nobody" | "our_server" | "a_stranger";

/** @param host An address of this machine; one that means all of them is asked at loopback. */
export async function findNeighbour(host: string, port: number, ask: Ask): Promise<Neighbour> {
  if (port === 0) return "nobody";
  const name = ANY.get(host) ?? host;
  try {
    const url = new URL(`http://${name.includes(":") ? `[${name}]` : name}:${port}/healthz`);
    const reply = await ask({ url, timeoutMs: TIMEOUT_MS });
    return isHealth(reply.text) || problemCodeOf(reply) !== null ? "our_server" : "a_stranger";
  } catch (error) {
    // Whoever listens and says nothing that is HTTP is a stranger too.
    return error instanceof Error && "code" in error && error.code === "runtime_refused" ? "nobody" : "a_stranger";
  }
}

const ANY: ReadonlyMap<string, string> = new Map([
  ["0.0.0.0", "127.0.0.1"],
  ["::", "::1"],
]);

/** Whether a text is what the server says of its health. */
export function isHealth(text: string): boolean {
  return text.trim() === '{"status":"ok"}';
}

/** The finding on it. */
export function checkAddress(host: string, port: number, neighbour: Neighbour): Finding {
  const at = port === 0 ? `any free port of ${host}` : `${host} port ${port}`;
  switch (neighbour) {
    case "nobody":
      return ok(SUBJECT, `${at} is free`);
    case "our_server":
      return ok(SUBJECT, `a server runs at ${at}`);
    case "a_stranger":
      return fail(
        SUBJECT,
        `${at} is taken by another program, or can't be asked`,
        "End it, or choose another server.port.",
      );
  }
}
