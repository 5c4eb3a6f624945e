/**
 * What every `Model` must do, whatever provider is behind it.
 *
 * Owns the assertions; each test file owns a provider and says, as data, which requests make it answer or fail, and how.
 */
import { describe, expect, test } from "vitest";
import { ModelError, type Model, type ModelMessage, type ModelPart } from "../../runtime/model/model.ts";

/** A request that is answered in full. */
export interface AnswerCase {
  /** Completes "when the provider …". */
  readonly when: string;
  readonly messages: readonly ModelMessage[];
  readonly text: string;
  readonly thinking?: string;
  /** The text parts one by one, where the provider's own chunks are known. */
  readonly pieces?: readonly string[];
  readonly usage: Omit<Extract<ModelPart, { kind: "usage" }>, "kind"> | null;
  readonly finish?: "stop" | "length";
}

/** A request that fails. */
export interface FailureCase {
  readonly when: string;
  readonly messages: readonly ModelMessage[];
  /** What the provider wrote before it failed. */
  readonly text: string;
  readonly code: ModelError["code"];
  readonly status: number | null;
  readonly retryAfterMs: number | null;
  readonly detail: string;
}

/** What a provider does when asked so. */
export interface ModelCases {
  readonly answers: readonly AnswerCase[];
  readonly failures: readonly FailureCase[];
  /** Gets no first token. */
  readonly silent: readonly ModelMessage[];
  /** Gets some text, and then nothing more while the connection stays open. */
  readonly stalled: readonly ModelMessage[];
}

/** Differences between providers that are no defects. */
export interface ModelCapabilities {
  /** Whether bytes that the provider sent right before it broke the connection are sure to arrive. */
  readonly deliversBeforeCut: boolean;
}

/** A model with its provider. */
export interface ModelSubject extends AsyncDisposable {
  readonly model: Model;
  /** What must never be shown: key, address, and what else the provider was told to plant into its words. */
  readonly canaries: readonly string[];
  /** Resolves when the provider sees that the client has closed a connection, from now on; absent where it can't tell. */
  readonly closed?: () => Promise<void>;
}

/** One user message. */
export const ask = (content: string): readonly ModelMessage[] => [{ role: "user", content }];

/** Text with everything that is easily broken on its way. */
export const UNICODE_TEXT =
  '日本語 😀👩‍👩‍👧‍👦🏳️‍🌈 e\u0301 é 𠮷 مرحبا ​ \u2028 \t \\ " <b>&amp;</b>\r\n\n  data: not an event\n\ndata: [DONE]\n\nend ';

/** More than 100 kB, every line different. */
export const LONG_TEXT = Array.from({ length: 4_000 }, (_, line) => `line ${line}: as long as it takes.`).join("\n");

/** A whole answer, or the error that ended it. */
export async function readAnswer(model: Model, messages: readonly ModelMessage[]): Promise<readonly ModelPart[]> {
  const parts: ModelPart[] = [];
  for await (const part of model.stream({ messages }, { signal: new AbortController().signal })) parts.push(part);
  return parts;
}

async function collect(model: Model, messages: readonly ModelMessage[], signal = new AbortController().signal) {
  const parts: ModelPart[] = [];
  let error: unknown = null;
  try {
    for await (const part of model.stream({ messages }, { signal })) parts.push(part);
  } catch (caught) {
    error = caught;
  }
  const textOf = (kind: "text" | "thinking") => parts.flatMap((part) => (part.kind === kind ? [part.text] : []));
  return { parts, error, text: textOf("text").join(""), pieces: textOf("text"), thinking: textOf("thinking").join("") };
}

/** The contract of `Model`. Each test gets a subject of its own. */
export function modelSuite(
  name: string,
  createSubject: () => Promise<ModelSubject>,
  cases: ModelCases,
  capabilities: ModelCapabilities,
): void {
  describe(`${name}, as a Model`, () => {
    for (const { when, messages, text, thinking = "", pieces, usage, finish = "stop" } of cases.answers) {
      test(`stream() gives the exact answer when the provider ${when}`, async () => {
        await using subject = await createSubject();
        const answer = await collect(subject.model, messages);
        expect(answer.error).toBe(null);
        expect(answer.text).toBe(text);
        expect(answer.thinking).toBe(thinking);
        expect(pieces && answer.pieces).toEqual(pieces);
        const ends = answer.parts.filter((part) => part.kind === "usage" || part.kind === "finish");
        expect(ends).toEqual([...(usage ? [{ kind: "usage", ...usage }] : []), { kind: "finish", reason: finish }]);
        expect(answer.parts.slice(-ends.length)).toEqual(ends);
        expect(
          answer.parts.filter((part) => "text" in part && (part.text === "" || !part.text.isWellFormed())),
        ).toEqual([]);
      });
    }

    for (const { when, messages, text, ...failure } of cases.failures) {
      test(`stream() throws ${failure.code} when the provider ${when}`, async () => {
        await using subject = await createSubject();
        const answer = await collect(subject.model, messages);
        expect(answer.error).toBeInstanceOf(ModelError);
        const { code, status, retryAfterMs, detail } = answer.error as ModelError;
        expect({ code, status, retryAfterMs, detail }).toEqual(failure);
        expect(subject.canaries.filter((canary) => detail.includes(canary))).toEqual([]);
        expect(answer.text).toBe(capabilities.deliversBeforeCut ? text : text.slice(0, answer.text.length));
        expect(answer.parts.filter(({ kind }) => kind === "finish")).toEqual([]);
      });
    }

    test("stream() throws the signal's reason and sends nothing when the signal was aborted before", async () => {
      await using subject = await createSubject();
      const reason = new Error("stopped before it began");
      const { error, parts } = await collect(subject.model, cases.stalled, AbortSignal.abort(reason));
      expect(error).toBe(reason);
      expect(parts).toEqual([]);
    });

    test("stream() throws the signal's reason and closes the connection when aborted before the first token", async () => {
      await using subject = await createSubject();
      const controller = new AbortController();
      const reason = new Error("stopped while waiting");
      const closed = subject.closed?.();
      const answer = collect(subject.model, cases.silent, controller.signal);
      await nextMacrotask();
      controller.abort(reason);
      const { error, parts } = await answer;
      expect(error).toBe(reason);
      expect(parts).toEqual([]);
      await closed;
    });

    test("stream() throws the signal's reason and closes the connection when aborted between two tokens", async () => {
      await using subject = await createSubject();
      const controller = new AbortController();
      const reason = new Error("stopped in the middle");
      const closed = subject.closed?.();
      const parts = subject.model
        .stream({ messages: cases.stalled }, { signal: controller.signal })
        [Symbol.asyncIterator]();
      expect((await parts.next()).value).toMatchObject({ kind: "text" });
      const rest = drain(parts);
      await nextMacrotask();
      controller.abort(reason);
      await expect(rest).rejects.toBe(reason);
      await closed;
    });

    test("stream() closes the connection when its reader stops reading", async () => {
      await using subject = await createSubject();
      const closed = subject.closed?.();
      const { signal } = new AbortController();
      for await (const part of subject.model.stream({ messages: cases.stalled }, { signal })) {
        expect(part.kind).toBe("text");
        break;
      }
      await closed;
    });

    test("stream() can be called again after an abort", async () => {
      await using subject = await createSubject();
      const [first] = cases.answers;
      const controller = new AbortController();
      const aborted = collect(subject.model, cases.silent, controller.signal);
      await nextMacrotask();
      controller.abort(new Error("stopped"));
      await aborted;
      expect((await collect(subject.model, first!.messages)).text).toBe(first!.text);
    });
  });
}

async function drain(parts: AsyncIterator<ModelPart>): Promise<void> {
  while (!(await parts.next()).done);
}

/** Lets a request get on its way; nothing depends on how far. */
function nextMacrotask(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}
