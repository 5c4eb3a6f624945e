/** The count of an answer's tokens is asked for, but of no provider that refuses whatever asks for it. */
import { describe, expect, test } from "vitest";
import type { ModelPart } from "../../runtime/model/model.ts";
import { createOpenAIModel } from "../../runtime/model/openai.ts";

const ANSWER = `data: ${JSON.stringify({ choices: [{ delta: { content: "a" }, finish_reason: "stop" }] })}\n\n`;
const PARTS = [
  { kind: "text", text: "a" },
  { kind: "finish", reason: "stop" },
];

/** A provider, and of each request whether it asked for the count. */
function openProvider(answer: (hasWish: boolean) => Response) {
  const wishes: boolean[] = [];
  const fetch = async (_input: unknown, init?: RequestInit) => {
    const hasWish = typeof init?.body === "string" && init.body.includes('"include_usage":true');
    wishes.push(hasWish);
    return answer(hasWish);
  };
  const baseURL = "http://provider.test/v1";
  const model = createOpenAIModel({ apiKey: null, baseURL, model: "m", contextWindowTokens: 100, fetch });
  const messages = [{ role: "user" as const, content: "hi" }];
  const ask = async (): Promise<readonly ModelPart[]> => {
    const parts: ModelPart[] = [];
    for await (const part of model.stream({ messages }, { signal: new AbortController().signal })) parts.push(part);
    return parts;
  };
  return { wishes, ask };
}

const REFUSALS = [
  [
    "Mistral",
    422,
    {
      object: "error",
      message: {
        detail: [
          {
            type: "extra_forbidden",
            loc: ["body", "stream_options", "include_usage"],
            msg: "Extra inputs are not permitted",
            input: true,
          },
        ],
      },
      type: "invalid_request_error",
      param: null,
      code: null,
    },
  ],
  [
    "Azure",
    400,
    {
      error: {
        message: "Unknown parameter: 'stream_options'.",
        type: "invalid_request_error",
        param: "stream_options",
        code: "unknown_parameter",
      },
    },
  ],
  [
    "a server on pydantic",
    422,
    { detail: [{ type: "extra_forbidden", loc: ["body", "stream_options"], msg: "Extra inputs are not permitted" }] },
  ],
] as const;

describe("the count of an answer's tokens", () => {
  test("is asked for with every request", async () => {
    const { wishes, ask } = openProvider(() => new Response(ANSWER));
    await ask();
    await ask();
    expect(wishes).toEqual([true, true]);
  });

  test.each(REFUSALS)("is done without where %s refuses that, from then on", async (_provider, status, body) => {
    const { wishes, ask } = openProvider((hasWish) =>
      hasWish ? Response.json(body, { status }) : new Response(ANSWER),
    );
    expect(await ask()).toEqual(PARTS);
    expect(await ask()).toEqual(PARTS);
    expect(wishes).toEqual([true, false, false]);
  });

  test("is done without also by those who asked at the same time", async () => {
    const [, status, body] = REFUSALS[0];
    const { wishes, ask } = openProvider((hasWish) =>
      hasWish ? Response.json(body, { status }) : new Response(ANSWER),
    );
    expect(await Promise.all([ask(), ask()])).toEqual([PARTS, PARTS]);
    expect(wishes).toEqual([true, true, false, false]);
  });

  test("is asked for again where a refusal repeats the request, and was for something else", async () => {
    const message = 'model: not found, in {"stream_options":{"include_usage":true}}';
    const { wishes, ask } = openProvider(() => Response.json({ error: { message } }, { status: 400 }));
    const refused = { code: "provider_request_refused", status: 400 };
    await expect(ask()).rejects.toMatchObject(refused);
    await expect(ask()).rejects.toMatchObject(refused);
    expect(wishes).toEqual([true, false, true, false]);
  });

  test("is no reason to ask twice where a refusal does not name it", async () => {
    const { wishes, ask } = openProvider(() => Response.json({ error: { message: "Not now." } }, { status: 400 }));
    await expect(ask()).rejects.toMatchObject({ code: "provider_request_refused" });
    expect(wishes).toEqual([true]);
  });
});
