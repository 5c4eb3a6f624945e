/**
 * Which of the demo's answers a message gets.
 *
 * Owns the topics: the words that call for each, in both languages, and what an answer may mention of the conversation.
 * The prose is in `answers.ts`.
 */
import type { ModelMessage } from "../model.ts";
import { demoAnswer, type DemoAnswerName } from "./answers.ts";
import { nameGiven, nameIn, quoted, spokenBy, subjectOf } from "./conversation.ts";
import type { DemoLanguage } from "./commands.ts";

/** In order: the first whose words occur decides. */
const TOPICS: readonly (readonly [name: DemoAnswerName, words: RegExp])[] = [
  [
    "recall-first",
    /what did i (?:say|ask|write|tell you) (?:at )?first|my (?:very )?first (?:message|question)|(?:最初|はじめ|初め)に(?:私は|僕は|わたしは)?(?:何|なん)|最初の(?:メッセージ|質問|発言)/i,
  ],
  [
    "recall-last",
    /what did i (?:just |last )?(?:say|ask|write|tell you)|my (?:last|previous) (?:message|question)|(?:さっき|直前|前回|前に)(?:私は|僕は|わたしは|の)?(?:何|なん|質問|メッセージ)/i,
  ],
  [
    "recall-count",
    /how (?:many (?:messages|questions|times)|long have we)|(?:何回|何通|いくつ)(?:目|話|質問|送|メッセージ|の質問|のメッセージ)/i,
  ],
  [
    "name-asked",
    /(?:what(?:'s| is)|do you (?:know|remember)) my name|(?:私|僕|わたし|俺)の名前(?:は(?:何|なん)|を?(?:覚え|知))/i,
  ],
  ["name-told", /my name is|call me \p{L}|名前は.+(?:です|だ|といいます|と言います|と申します)/iu],
  [
    "resume",
    /\b(?:resum\w*|re-?connect\w*|cursors?|offline|laptop|lost connection|disconnect\w*)\b|再接続|切断|再開|カーソル|オフライン|途中から|切れた/i,
  ],
  [
    "tools",
    /\b(?:(?:read|open|edit|delete|write|save) (?:a |the |my |this )?files?|shell|terminal|git|commit|tickets?|browse|run (?:a |the |this )?(?:command|tests?|script))\b|ファイルを|シェル|ターミナル|コミット|チケット|コマンドを実行|実行して/i,
  ],
  [
    "product",
    /\b(?:who|what) are you\b|what can you do|what is (?:this|yoi|a worker|the companion)|how does (?:this|it) work|\byoi\b|(?:あなた|君)は(?:誰|だれ|何)|(?:これ|ここ)は(?:何|なん)|何ができ|なにができ|自己紹介|使い方/i,
  ],
  [
    "table",
    /\b(?:tables?|compare|comparison|versus|vs|differences?|pros and cons)\b|比較|比べ|違い|表に|表で|一覧表|メリット/i,
  ],
  [
    "code",
    /\b(?:code|function|typescript|javascript|python|rust|regex|script|snippet|program|sql|css|html|bug|hono|preact|deno|node)\b|コード|関数|プログラム|スクリプト|正規表現|バグ|実装/i,
  ],
  [
    "plan",
    /\b(?:plan|steps?|how (?:do|can|should) (?:i|we)|checklist|roadmap|schedule)\b|計画|手順|段取り|予定|どうすれば|やり方|方法/i,
  ],
  ["thanks", /\b(?:thanks?|thank you|thx|cheers)\b|ありがとう|感謝|助かり/i],
  [
    "greeting",
    /^\W*(?:hello|hi|hey|good (?:morning|afternoon|evening)|yo)\b|こんにちは|こんばんは|おはよう|やあ|はじめまして|初めまして|もしもし/i,
  ],
];

/** The demo's answer to the newest message of a conversation. */
export function answerOf(messages: readonly ModelMessage[], language: DemoLanguage): string {
  const spoken = spokenBy(messages);
  const newest = spoken.at(-1) ?? "";
  const earlier = spoken.slice(0, -1);
  const topic = topicOf(newest, earlier);
  return demoAnswer(topic, language, {
    turn: spoken.length,
    quote: quoted(newest),
    subject: subjectOf(newest),
    first: quoted(earlier[0] ?? newest),
    last: quoted(earlier.at(-1) ?? newest),
    earlier: String(earlier.length),
    name: nameIn(spoken) ?? "",
  });
}

function topicOf(newest: string, earlier: readonly string[]): DemoAnswerName {
  const topic = TOPICS.find(([, words]) => words.test(newest))?.[0] ?? "default";
  if (topic.startsWith("recall-") && earlier.length === 0) return "recall-nothing";
  if (topic === "name-asked" && nameIn(earlier) === null) return "name-unknown";
  return topic === "name-told" && nameGiven(newest) === null ? "default" : topic;
}
