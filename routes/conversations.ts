/**
 * `…/workers/import` and `…/workers/{worker_id}/export`: conversations as files.
 *
 * Owns the mapping of these paths to the Backend's operations, and how a download is named. A file's bytes go out as its
 * entries are read and come in bounded: neither way is a long conversation ever one text.
 */
import { Hono, type Context } from "hono";
import type { ConversationHeader } from "../protocol/conversation-file.ts";
import { asProblem, ProblemError } from "../protocol/problem.ts";
import { createConversationReader } from "../protocol/read-conversation.ts";
import { writeConversation } from "../protocol/write-conversation.ts";
import type { Backend } from "../server/backend.ts";
import { choicesOf } from "./console.ts";
import { writeMarkdown } from "./conversation-markdown.ts";
import { doneOnce } from "./done-once.ts";
import { checkJson, choiceOf, runtimeIdOf, workerRefOf } from "./request.ts";

const WORKERS = "/api/runtimes/:runtime_id/workers";
const IMPORT_PATTERN = /\/api\/runtimes\/[^/]+\/workers\/import$/;

/** Whether a request's body is a conversation's file, which has bounds of its own. */
export function isImport({ req }: Context): boolean {
  return req.method === "POST" && IMPORT_PATTERN.test(req.path);
}

/** The routes of conversations as files. */
export function conversationRoutes(backend: Backend): Hono {
  const withConversation = createConversationReader();
  return new Hono()
    .post(
      `${WORKERS}/import`,
      doneOnce(async (context) => {
        const runtimeId = runtimeIdOf(context);
        checkJson(context);
        // Before all of it is read: is there anybody to give it to?
        await backend.getRuntime(runtimeId);
        const importing = withConversation(context.req.raw, (file) => backend.importWorker(runtimeId, file));
        return context.json(await importing);
      }),
    )
    .get(`${WORKERS}/:worker_id/export`, async (context) => {
      const ref = workerRefOf(context);
      const format = choiceOf(context, "format", ["json", "markdown"]) ?? "json";
      const withThinking = choiceOf(context, "thinking", ["0", "1"]) !== "0";
      const { header, pages } = await backend.exportConversation(ref, context.get("rights"));
      const { locale } = choicesOf(context);
      const pieces =
        format === "json"
          ? writeConversation(header, pages)
          : writeMarkdown(header, pages, { locale, thinking: withThinking });
      const type = format === "json" ? "application/json; charset=utf-8" : "text/markdown; charset=utf-8";
      // By the context, which has what others have put into the answer's head: its id, a login's cookie.
      return context.body(bytesOf(pieces), 200, {
        "Content-Type": type,
        "Content-Disposition": disposition(header, format === "json" ? "json" : "md"),
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
        Vary: "Accept-Language, Cookie",
      });
    });
}

/** The pieces as bytes, each made when there is room for it. A failure breaks the download off. */
function bytesOf(pieces: AsyncGenerator<string, void, void>): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        // Reading what is at hand never waits: others have their turn between two pieces.
        await new Promise((resolve) => setTimeout(resolve, 0));
        const piece = await pieces.next().catch((error: unknown) => {
          const { code, detail } = asProblem(error);
          // The engine prints it: what caused it may name an address.
          throw code === "internal" ? error : new ProblemError(code, detail);
        });
        if (piece.done) controller.close();
        else controller.enqueue(encoder.encode(piece.value));
      },
      async cancel() {
        await pieces.return();
      },
    },
    { highWaterMark: 0 },
  );
}

const FILE_NAME_MAX_CHARS = 80;

/** `attachment; filename="Companion 2026-11-21.md"; filename*=UTF-8''Companion%202026-11-21.md`. */
function disposition({ worker, exported_at }: ConversationHeader, extension: string): string {
  const ending = ` ${exported_at.slice(0, "2026-11-21".length)}.${extension}`;
  // oxlint-disable-next-line no-control-regex -- control characters are what is removed
  const name = worker.display_name.toWellFormed().replaceAll(/[\u0000-\u001f\u007f-\u009f/\\:*?"<>|]+/g, " ");
  const plain = name
    .replaceAll(/[^\w .-]+/g, " ")
    .replaceAll(/ +/g, " ")
    .replaceAll(/^[ .]+|[ .]+$/g, "");
  const ascii = (plain === "" ? worker.worker_id.replaceAll(":", "-") : plain).slice(0, FILE_NAME_MAX_CHARS) + ending;
  const whole = (name.replaceAll(/^[\s.]+|[\s.]+$/gu, "") || worker.worker_id) + ending;
  const encoded = encodeURIComponent(whole).replaceAll(/['()*!]/g, (char) => `%${char.charCodeAt(0).toString(16)}`);
  return `attachment; filename="${ascii}"; filename*=UTF-8''${encoded}`;
}
