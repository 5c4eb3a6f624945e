/**
 * wire: how many bytes reach a viewer for an answer.
 *
 * Owns the workload and its figures: prose in two languages, in tokens of the size that models send. Bytes to the viewer
 * are those of its frames with their heads; the provider's are those of its stream's body; the answer's are its text.
 */
import * as z from "zod/mini";
import type { BenchCase, CaseResult } from "../bench-case.ts";
import type { Chart } from "../harness/chart.ts";
import { startProgramChild, startWorkspace, type ProgramChild, type ServerChild } from "../harness/child.ts";
import { goalsOf } from "../harness/goal.ts";
import { figure } from "../harness/table.ts";
import { tokenText, type AnswerOrder } from "../programs/answer.ts";
import { openViewer } from "../programs/open-viewer.ts";
import { endsRun, order, spawnWorker, viewerUrl } from "../programs/worker-client.ts";

const TOKENS = 240;
const TOKENS_PER_SECOND = 80;
const PER_PROVIDER_BYTE_GOAL = 1;

const LABELS = { english: "English", japanese: "Japanese" } as const;
type Language = keyof typeof LABELS;

interface Sample {
  readonly answerBytes: number;
  readonly providerBytes: number;
  readonly viewerBytes: number;
  readonly frames: number;
}

export const wire: BenchCase = { name: "wire", run };

async function run(): Promise<CaseResult> {
  await using provider = await startProgramChild("provider");
  const environment = { OPENAI_BASE_URL: await provider.ask("address", null, z.url()) };
  await using server = await startWorkspace("node", { environment, isPaced: true });
  const samples = {
    english: await measure(provider, server, "english"),
    japanese: await measure(provider, server, "japanese"),
  };
  const languages: readonly Language[] = ["english", "japanese"];
  const chart: Chart = {
    title: "bytes that reach a viewer",
    unit: "per byte of the provider's stream",
    isRatio: true,
    bars: languages.map((language) => ({
      label: LABELS[language],
      value: samples[language].viewerBytes / samples[language].providerBytes,
    })),
    target: { atMost: PER_PROVIDER_BYTE_GOAL },
  };
  return {
    charts: [chart],
    tables: [
      {
        head: [
          "answer",
          "answer bytes",
          "provider bytes",
          "viewer bytes",
          "per answer byte",
          "per provider byte",
          "frames",
        ],
        rows: languages.map((language) => {
          const { answerBytes, providerBytes, viewerBytes, frames } = samples[language];
          return [
            LABELS[language],
            ...[answerBytes, providerBytes, viewerBytes].map((bytes) => bytes.toLocaleString("en-US")),
            figure(viewerBytes / answerBytes),
            figure(viewerBytes / providerBytes),
            String(frames),
          ];
        }),
      },
    ],
    goals: goalsOf(chart),
    notes: [`${TOKENS} tokens at ${TOKENS_PER_SECOND} tokens/s. The frames are the same on every engine.`],
  };
}

async function measure(provider: ProgramChild, server: ServerChild, language: Language): Promise<Sample> {
  const worker = await spawnWorker(server.url);
  const viewer = await openViewer(viewerUrl(worker));
  const answer: AnswerOrder = { say: language, tokens: TOKENS, intervalMs: 1_000 / TOKENS_PER_SECOND, offsetMs: 0 };
  const ended = Promise.withResolvers<void>();
  let viewerBytes = 0;
  let frames = 0;
  viewer.on("message", (frame: Buffer) => {
    viewerBytes += frameHeadBytes(frame.length) + frame.length;
    frames += 1;
    if (endsRun(frame)) ended.resolve();
  });
  await provider.ask("takeSentBytes", null, z.number());
  await order(worker, answer);
  await ended.promise;
  viewer.terminate();
  const text = Array.from({ length: TOKENS }, (_, index) => tokenText(language, index)).join("");
  return {
    answerBytes: Buffer.byteLength(text),
    providerBytes: await provider.ask("takeSentBytes", null, z.number()),
    viewerBytes,
    frames,
  };
}

/** The head of a WebSocket frame from a server, by the length of what follows. */
function frameHeadBytes(payloadBytes: number): number {
  if (payloadBytes < 126) return 2;
  return payloadBytes < 65_536 ? 4 : 10;
}
