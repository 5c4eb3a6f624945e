/**
 * What can be typed to the demo to see how the product takes it.
 *
 * Owns the one table of commands, in both languages; the demo's own help, the documentation and the console's help show
 * it. What each command does to the wire is `reply.ts`.
 */

/** A language that the demo answers in. */
export type DemoLanguage = "en" | "ja";

interface CommandRow {
  /** What may follow the name, e.g. `[words]`. */
  readonly argument?: string;
  readonly en: string;
  readonly ja: string;
}

/** Every command by its name, in the order of the help. Typed as `/demo <name>`. */
export const DEMO_COMMANDS = {
  help: { en: "List these commands.", ja: "このコマンド一覧を表示します。" },
  think: { en: "Think aloud first, then answer.", ja: "考えを見せてから答えます。" },
  markdown: { en: "Show every Markdown construct.", ja: "Markdownのすべての要素を表示します。" },
  unicode: { en: "Emoji, combining marks, right-to-left text.", ja: "絵文字、結合文字、右から左の文字を表示します。" },
  long: {
    argument: "[words]",
    en: "A very long answer, about 100 kB unless you say how many words.",
    ja: "とても長い回答です。語数を指定しなければ約100 kBです。",
  },
  slow: { en: "A steady answer that takes about a minute.", ja: "約1分かけてゆっくり答えます。" },
  burst: { en: "The whole answer at once.", ja: "回答全体を一度に送ります。" },
  "rate-limit": {
    argument: "[always]",
    en: "429 twice, then an answer; with `always`, 429 for ever.",
    ja: "429を2回返してから答えます。`always`を付けるとずっと429です。",
  },
  auth: { en: "401: the key is refused.", ja: "401: キーが拒否されます。" },
  context: { en: "400: the conversation is too long for the model.", ja: "400: 会話がモデルには長すぎます。" },
  "server-error": { en: "503: the provider is overloaded.", ja: "503: プロバイダーが過負荷です。" },
  unreachable: { en: "No connection to the provider.", ja: "プロバイダーに接続できません。" },
  timeout: { en: "The first token never comes.", ja: "最初のトークンが届きません。" },
  stall: {
    en: "The answer stops between two tokens and stays silent.",
    ja: "回答が途中で止まり、そのまま沈黙します。",
  },
  cut: { en: "The connection breaks in the middle of the answer.", ja: "回答の途中で接続が切れます。" },
  malformed: { en: "A chunk in the middle of the answer is broken.", ja: "回答の途中のチャンクが壊れています。" },
  filter: { en: "The provider's content filter withholds the rest.", ja: "コンテンツフィルターが残りを差し止めます。" },
} as const satisfies Record<string, CommandRow>;

/** The name of a command, e.g. `rate-limit`. */
export type DemoCommandName = keyof typeof DEMO_COMMANDS;

/** A row of the help: `{ typed: "/demo long [words]", description: "A very long answer…" }`. */
export interface DemoCommandHelp {
  readonly typed: string;
  readonly description: string;
}

/** The table for people, in a language. */
export function demoCommandHelp(language: DemoLanguage): readonly DemoCommandHelp[] {
  return Object.entries<CommandRow>(DEMO_COMMANDS).map(([name, row]) => ({
    typed: ["/demo", name, ...(row.argument ? [row.argument] : [])].join(" "),
    description: row[language],
  }));
}

/** A message that is a command; `name` is null when there is no such command. */
export interface DemoCommand {
  readonly name: DemoCommandName | null;
  readonly argument: string;
}

/** What stands between the paragraphs of a message, and between messages that were joined because no answer came. */
const BLANK_LINE = /\n[ \t]*\n/;

/**
 * The command that a message is, or null when it is an ordinary message. The last paragraph decides: a command that got
 * no answer is joined with what was said next, and must not be obeyed for ever.
 *
 * @example parseDemoCommand("/demo long 2000") // { name: "long", argument: "2000" }
 */
export function parseDemoCommand(message: string): DemoCommand | null {
  const paragraph = message.trimEnd().split(BLANK_LINE).at(-1) ?? "";
  const match = /^\s*\/demo(?:\s+(\S+))?(?:\s+([^]*?))?\s*$/i.exec(paragraph);
  if (!match) return null;
  const name = (match[1] ?? "help").toLowerCase();
  return { name: isCommandName(name) ? name : null, argument: match[2] ?? "" };
}

/** A message without the paragraphs that are commands; empty when nothing else was said. */
export function withoutDemoCommands(message: string): string {
  const paragraphs = message.split(BLANK_LINE);
  return paragraphs.filter((paragraph) => !parseDemoCommand(paragraph)).join("\n\n");
}

function isCommandName(name: string): name is DemoCommandName {
  return Object.hasOwn(DEMO_COMMANDS, name);
}
