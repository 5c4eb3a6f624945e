/**
 * The demo provider as MSW request handlers.
 *
 * Owns the endpoints of an OpenAI-compatible server, on any host: chat completions (streamed) and the list of models.
 * Pure request in, response out: no port, no interception. The demo's model and the tests serve them.
 */
import { http, type HttpHandler } from "msw/http";
import * as z from "zod/mini";
import { randomHex, type Clock, type Random } from "../../clock.ts";
import type { DemoLanguage } from "./commands.ts";
import { DEMO_FACTS } from "./facts.ts";
import { demoReply } from "./reply.ts";
import { demoResponse } from "./wire.ts";

/** What the handlers are made of. */
export interface DemoHandlersOptions {
  readonly clock: Clock;
  readonly random: Random;
  /** What every wait is multiplied by: 1, the default, is a human pace; 0 does not wait. */
  readonly pace?: number;
  /** For a conversation that shows no language; absent: English. */
  readonly language?: DemoLanguage;
}

const ChatRequest = z.object({
  model: z.string(),
  messages: z.array(z.object({ role: z.enum(["system", "user", "assistant"]), content: z.string() })),
  stream: z.literal(true),
  stream_options: z.optional(z.object({ include_usage: z.optional(z.boolean()) })),
});

/** Conversations whose refusals are counted; the oldest is forgotten first. */
const COUNTED_CONVERSATIONS = 64;

/** Handlers for `POST …/chat/completions` and `GET …/models`. Their only state counts refused attempts. */
export function createDemoHandlers({ clock, random, pace = 1, language = "en" }: DemoHandlersOptions): HttpHandler[] {
  const failures = new Map<string, number>();

  return [
    http.post("*/chat/completions", async ({ request }) => {
      const body = ChatRequest.safeParse(await request.json().catch(() => null));
      if (!body.success) {
        const message = "The demo answers streamed chat completions of plain text only.";
        return Response.json(
          { error: { message, type: "invalid_request_error", param: null, code: null } },
          { status: 400 },
        );
      }
      const { model, messages, stream_options: streamOptions } = body.data;
      const conversation = JSON.stringify(messages);
      const failedAttempts = failures.get(conversation) ?? 0;
      const reply = demoReply(messages, { failedAttempts, language });
      failures.delete(conversation);
      if (reply.kind === "refusal") failures.set(conversation, failedAttempts + 1);
      for (const oldest of [...failures.keys()].slice(0, -COUNTED_CONVERSATIONS)) failures.delete(oldest);
      if (reply.kind === "unreachable") return Response.error();
      const id = `chatcmpl-demo-${randomHex(random, 8)}`;
      const includeUsage = streamOptions?.include_usage ?? false;
      return demoResponse(reply, { clock, random, pace, id, model, messages, includeUsage });
    }),
    http.get("*/models", () =>
      Response.json({
        object: "list",
        data: [{ id: DEMO_FACTS.name, object: "model", created: 0, owned_by: "demo" }],
      }),
    ),
  ];
}
