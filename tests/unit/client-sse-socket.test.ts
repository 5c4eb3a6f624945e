/** What takes a socket's place, where the server refuses it. */
import { expect, test } from "vitest";
import { sseSockets } from "../../client/sse-socket.ts";
import { closeCodeOf, ProblemError, problemBody } from "../../protocol/problem.ts";

test("a stream that is refused closes as a socket does, and knows how long to wait", async () => {
  const limited = problemBody(new ProblemError("rate_limited", "…", { retryAfterMs: 1_200 }));
  const Socket = sseSockets(async () => Response.json(limited, { status: 429 }));
  const socket = new Socket("ws://here/events/ws");
  const code = await new Promise((resolve) => socket.addEventListener("close", (event) => resolve(event.code)));
  expect(code).toBe(closeCodeOf("rate_limited"));
  expect(socket).toMatchObject({ retryAfterMs: 1_200 });
});
