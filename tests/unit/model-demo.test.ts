/** The demo's decisions: commands, languages, topics and what it remembers. No wire, no clock. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { DEMO_ANSWER_NAMES, demoAnswer, longAnswer } from "../../runtime/model/demo/answers.ts";
import { DEMO_COMMANDS, demoCommandHelp, parseDemoCommand } from "../../runtime/model/demo/commands.ts";
import { languageOf, nameIn, quoted, subjectOf } from "../../runtime/model/demo/conversation.ts";
import { demoReply } from "../../runtime/model/demo/reply.ts";
import { tokensOf } from "../../runtime/model/demo/tokens.ts";
import { answerOf } from "../../runtime/model/demo/topics.ts";
import type { ModelMessage } from "../../runtime/model/model.ts";

const conversation = (...spoken: readonly string[]): readonly ModelMessage[] => [
  { role: "system", content: "You are the Companion." },
  ...spoken.flatMap((content, index): ModelMessage[] => [
    { role: "user", content },
    ...(index < spoken.length - 1 ? [{ role: "assistant" as const, content: "…" }] : []),
  ]),
];
const answerTo = (...spoken: readonly string[]) => {
  const messages = conversation(...spoken);
  return answerOf(messages, languageOf(messages, "en"));
};

describe("parseDemoCommand()", () => {
  test.each([
    ["/demo", { name: "help", argument: "" }],
    ["  /demo   help ", { name: "help", argument: "" }],
    ["/DEMO Rate-Limit always", { name: "rate-limit", argument: "always" }],
    ["/demo long 2000", { name: "long", argument: "2000" }],
    ["/demo constructor", { name: null, argument: "" }],
    ["/demonstrate", null],
    ["What is /demo help?", null],
  ])("reads %j", (message, command) => {
    expect(parseDemoCommand(message)).toEqual(command);
  });

  test("knows every command of its help, in both languages", () => {
    for (const language of ["en", "ja"] as const) {
      const names = demoCommandHelp(language).map(({ typed }) => parseDemoCommand(typed)?.name);
      expect(names).toEqual(Object.keys(DEMO_COMMANDS));
      expect(demoCommandHelp(language).filter(({ description }) => description.length < 4)).toEqual([]);
    }
  });
});

describe("demoReply()", () => {
  const facts = { failedAttempts: 0, language: "en" } as const;

  test("gives every command a reply of its own", () => {
    const replies = Object.keys(DEMO_COMMANDS).map((name) =>
      JSON.stringify(demoReply(conversation(`/demo ${name}`), facts)),
    );
    expect(new Set(replies).size).toBe(replies.length);
  });

  test("lists the commands when there is no such command", () => {
    expect(demoReply(conversation("/demo nonsense"), facts)).toMatchObject({
      steps: [{ kind: "text", text: demoAnswer("unknown-command", "en") }, { kind: "finish" }],
    });
  });

  test("answers a command in the conversation's language, or else in the configured one", () => {
    const text = (messages: readonly ModelMessage[], language: "en" | "ja") =>
      demoReply(messages, { failedAttempts: 0, language });
    expect(text(conversation("こんにちは", "/demo slow"), "en")).toEqual(text(conversation("/demo slow"), "ja"));
    expect(text(conversation("hello", "/demo slow"), "ja")).toEqual(text(conversation("/demo slow"), "en"));
  });
});

describe("the demo's prose", () => {
  test.each(["en", "ja"] as const)("has every section in %s", (language) => {
    const facts = { turn: 1, quote: "q", subject: "s", first: "f", last: "l", earlier: "0", name: "n" };
    const turns = [1, 2, 3];
    const texts = DEMO_ANSWER_NAMES.flatMap((name) =>
      turns.map((turn) => demoAnswer(name, language, { ...facts, turn })),
    );
    expect(texts.filter((text) => text.length < 20 || text.includes("{{"))).toEqual([]);
  });

  test("writes long answers of exactly so many words, in numbered paragraphs", () => {
    for (const words of [1, 2, 79, 80, 81, 2_000]) {
      const text = longAnswer(words, "en");
      expect(text.split(/\s+/).length).toBe(words);
      expect(text.split("\n\n").map((paragraph) => paragraph.split(" ")[0])).toEqual(
        Array.from({ length: Math.ceil(words / 80) }, (_, index) => `**${index + 1}.**`),
      );
    }
    expect(longAnswer(2_000, "ja").length).toBeGreaterThan(3_900);
  });

  test("writes about 100 kB when asked for a long answer", () => {
    const reply = demoReply(conversation("/demo long"), { failedAttempts: 0, language: "en" });
    const [step] = reply.kind === "stream" ? reply.steps : [];
    const bytes = step?.kind === "text" ? new TextEncoder().encode(step.text).byteLength : 0;
    expect(bytes).toBeGreaterThan(95_000);
    expect(bytes).toBeLessThan(105_000);
  });
});

describe("answerOf()", () => {
  test.each([
    ["Hello!", "I'm the demo Companion"],
    ["こんにちは", "Companionのデモ"],
    ["Write me a function that sorts a list", "**function that sorts a list**"],
    ["Honoのコードを書いてください", "**Honoのコード**"],
    ["Compare REST and GraphQL", 'as far as "Compare REST and GraphQL" goes'],
    ["RESTとGraphQLの違いを表にして", "| 記録とカーソル |"],
    ["What is this?", "workspace for Workers"],
    ["これは何ですか?", "Workerのためのワークスペース"],
    ["What happens when I lost connection?", "exactly"],
    ["接続が切れたらどうなりますか", "スナップショット"],
    ["Please read the file notes.txt", "has no tools"],
    ["シェルでlsを実行して", "ツールがありません"],
    ["What did I say first?", "very first message"],
    ["Give me a plan for moving house", "**Say what done means.**"],
    ["Thank you", "You're welcome"],
    ["The weather is grey.", 'You wrote "The weather is grey."'],
    ["空が青い。", "「空が青い。」とのことですね"],
  ])("answers %j", (message, part) => {
    expect(answerTo(message)).toContain(part);
  });

  test("remembers what was said first, what was said last and how much was said", () => {
    expect(answerTo("I like **tea**.", "And cake.", "What did I say first?")).toContain("> I like tea.");
    expect(answerTo("I like tea.", "And cake.", "What did I just say?")).toContain("> And cake.");
    expect(answerTo("お茶が好き。", "ケーキも。", "/demo think", "最初に何と言いましたか?")).toContain(
      "> お茶が好き。",
    );
    expect(answerTo("a", "b", "How many messages did I send?")).toContain("2 messages");
  });

  test("remembers a name", () => {
    expect(answerTo("My name is Ada.")).toContain("**Ada**");
    expect(answerTo("My name is Ada.", "Nice.", "What's my name?")).toContain("**Ada**");
    expect(answerTo("What is my name?")).toContain("not told me your name");
    expect(answerTo("私の名前は花子です。", "私の名前を覚えていますか?")).toContain("**花子**");
  });

  test("answers the same question differently the next time", () => {
    expect(answerTo("Hmm.")).not.toBe(answerTo("Hmm.", "Hmm."));
    expect(answerTo("Hello")).not.toBe(answerTo("Hello", "Hello"));
  });
});

describe("conversation", () => {
  test("languageOf() takes the newest message with letters in it", () => {
    expect(languageOf(conversation("hello", "日本語で", "123?"), "en")).toBe("ja");
    expect(languageOf(conversation("日本語で", "in English"), "ja")).toBe("en");
    expect(languageOf(conversation("123"), "ja")).toBe("ja");
  });

  test("nameIn() takes the newest name", () => {
    expect(nameIn(["my name is Ada", "call me Grace"])).toBe("Grace");
    expect(nameIn(["I'm tired", "名前は何ですか"])).toBe(null);
  });

  test("quoted() gives one short line without markup", () => {
    expect(quoted("a\n**b** <i>`c`</i> [d](e)")).toBe("a b ic/i d(e)");
    expect(quoted("x".repeat(200))).toBe(`${"x".repeat(80)}…`);
  });

  test("subjectOf() is never empty", () => {
    expect(subjectOf("How do I deploy a Hono app?")).toBe("deploy a Hono app");
    expect(subjectOf("???")).toBe("???");
    fc.assert(fc.property(fc.string({ unit: "binary" }), (text) => subjectOf(text) !== ""));
  });
});

describe("tokensOf()", () => {
  test("gives a few characters at a time", () => {
    expect(tokensOf("Hello, world. 漢字かな交じり **x**")).toEqual([
      "Hello",
      ",",
      " world",
      ".",
      " ",
      "漢字",
      "かな",
      "交",
      "じり",
      " ",
      "**",
      "x",
      "**",
    ]);
  });

  test("gives back the text, never split inside a character", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        const tokens = tokensOf(text);
        expect(tokens.join("")).toBe(text);
        expect(tokens.every((token) => token.isWellFormed() && token !== "")).toBe(true);
      }),
      { numRuns: 1_000 },
    );
  });
});
