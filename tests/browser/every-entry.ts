/** A conversation with something of every kind that a page can show, in either language. Owns its words; asserts nothing. */
import type { Locale } from "../../islands/console-data.ts";
import type { LogEntry } from "../../protocol/entry.ts";
import { EVENT_DOMAIN } from "../../protocol/transcript.ts";
import { answered, asked } from "./transcript-scene.ts";

const TS = 1_782_700_000_000;

/** What is said, per language: the rest is the same words in both. */
const SAID = {
  en: {
    question: "Why does a message that was sent twice start one run only? Please show it with code.",
    thinking: "The submission id is the key here. I should say where it is made, and what the second request gets.",
    answer: `# One run per message

The id is made **before** the first attempt and kept with the draft, so a second attempt brings the same one.

\`\`\`ts
const known = submissions.find(id);
if (known) return known.acknowledgement; // the first answer again
\`\`\`

| step | who | what |
| --- | --- | --- |
| 1 | page | makes the id |
| 2 | Worker | writes the message down |
| 3 | Worker | acknowledges |

- [x] sent once
- [ ] sent twice, **one** run

> Nothing is sent again by itself.

The wait before attempt $n$ grows as $w_n = w_0 \\cdot 2^n$. See [the log](https://example.com).`,
    again: "And what does the tool say?",
    last: "There are **12** files; the thirteenth could not be read.",
    failing: "Please summarise all of them.",
  },
  ja: {
    question: "同じメッセージを二度送っても、実行が一度だけなのはなぜですか。コードで示してください。",
    thinking: "送信IDが鍵になる。どこで作られ、二度目の要求が何を受け取るかを説明しよう。",
    answer: `# 一つのメッセージに一度の実行

IDは最初の送信の**前に**作られ、下書きとともに保存されます。二度目の送信も同じIDを持ちます。

\`\`\`ts
const known = submissions.find(id);
if (known) return known.acknowledgement; // 最初の応答をもう一度返す
\`\`\`

| 手順 | 担当 | 内容 |
| --- | --- | --- |
| 1 | ページ | IDを作る |
| 2 | Worker | メッセージを書き留める |
| 3 | Worker | 受領を知らせる |

- [x] 一度送る
- [ ] 二度送っても実行は**一度**

> 自動で再送されるものはありません。

$n$ 回目までの待ち時間は $w_n = w_0 \\cdot 2^n$ と伸びます。[ログ](https://example.com)もご覧ください。`,
    again: "ツールの結果はどうでしたか。",
    last: "ファイルは**12**個です。13個目は読めませんでした。",
    failing: "すべてを要約してください。",
  },
} as const;

/** The conversation. */
export function everyEntry(locale: Locale): LogEntry[] {
  const said = SAID[locale];
  const item = (fields: LogEntry & { kind: string }): LogEntry => ({ kind: "assistant_item", ts: TS, item: fields });
  const result = (call_id: string, fields: Readonly<Record<string, unknown>>): LogEntry => ({
    kind: "tool_result",
    ts: TS,
    item: { kind: "tool_result", call_id, is_error: false, ...fields },
  });
  const event = (payload: unknown): LogEntry => ({ kind: "extension", ts: TS, domain: EVENT_DOMAIN, payload });
  return [
    asked(said.question),
    item({ kind: "reasoning", text: said.thinking, duration_ms: 4_200 }),
    answered(said.answer),
    usage(1_204, 318),
    { kind: "run_completed", ts: TS + 6_000, interrupted: false, result: "finished" },
    asked(said.again),
    item({ kind: "tool_call", call_id: "1", name: "list_files", arguments: '{"folder":"notes"}' }),
    result("1", { summary: "12 files", content: "a.md\nb.md" }),
    item({ kind: "tool_call", call_id: "2", name: "read_file", arguments: '{"path":"m.md"}' }),
    result("2", { summary: "No such file", content: "ENOENT", is_error: true }),
    { kind: "system_item", ts: TS, item: { kind: "notification", message: "The build is done", body: "All is well." } },
    event({
      event: "alert",
      data: { level: "warn", source: "worker", message: "The disk is nearly full.", timestamp_ms: TS },
    }),
    { kind: "moon_phase", ts: TS, phase: "waning" },
    answered(said.last),
    { kind: "run_completed", ts: TS + 6_000, interrupted: true, result: "finished", cause: "cancelled" },
    asked(said.failing),
    {
      kind: "run_errored",
      ts: TS + 9_000,
      interrupted: false,
      message: "The engine is currently overloaded, please try again later.",
      code: "provider_error",
      problem: "provider_unavailable",
    },
  ];
}

function usage(input: number, output: number): LogEntry {
  return {
    kind: "llm_usage",
    ts: TS,
    history_len: 3,
    input_total_tokens: input,
    cache_read_tokens: input / 2,
    cache_write_tokens: 0,
    output_tokens: output,
  };
}
