/**
 * Commands that make something are done once: a browser repeats a request by itself where the connection broke before
 * the answer came, and there would be two.
 *
 * Owns the newest answers by the `Idempotency-Key` that was sent along, in this process's memory. A failure is not
 * kept: whoever asks again after one is heard.
 */
import type { Context } from "hono";

const KEY_MAX_CHARS = 128;
const MAX_KEPT = 500;

/** Answers a request that a client repeats as it answered the first, also while that is still under way. */
export function doneOnce(answer: (context: Context) => Promise<Response>): (context: Context) => Promise<Response> {
  const answers = new Map<string, Promise<string | null>>();
  return async (context) => {
    const key = context.req.header("Idempotency-Key");
    if (key === undefined || key.length > KEY_MAX_CHARS) return answer(context);
    const name = JSON.stringify([context.get("client"), context.req.path, key]);
    // Where that one fails, the next of those that have waited for it is done, and the others wait for this one.
    for (let earlier = answers.get(name); earlier !== undefined; earlier = answers.get(name)) {
      const text = await earlier;
      if (text !== null) return context.body(text, 200, { "Content-Type": "application/json" });
    }
    const { promise, resolve } = Promise.withResolvers<string | null>();
    answers.set(name, promise);
    const [oldest] = answers.keys();
    if (oldest !== undefined && answers.size > MAX_KEPT) answers.delete(oldest);
    let kept: string | null = null;
    try {
      const response = await answer(context);
      if (response.ok) kept = await response.clone().text();
      return response;
    } finally {
      if (kept === null && answers.get(name) === promise) answers.delete(name);
      resolve(kept);
    }
  };
}
