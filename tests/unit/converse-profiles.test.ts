/** The profiles of Workers that converse, as configuration makes them. */
import { afterEach, describe, expect, test, vi } from "vitest";
import { createConverseProfiles } from "../../runtime/converse-profiles.ts";
import { DEFAULT_LIMITS } from "../../runtime/limits.ts";
import { MESSAGE_OVERHEAD_TOKENS } from "../../runtime/model/history.ts";
import { ConfigError } from "../../runtime/settings.ts";

const WINDOW_TOKENS = 8_192;
const ASCII_CHARS_PER_TOKEN = 4;

const provider = {
  kind: "openai",
  apiKey: null,
  baseURL: "http://127.0.0.1:9/v1",
  model: "small",
  api: "chat",
  contextWindowTokens: WINDOW_TOKENS,
  maxOutputTokens: null,
  isTraceTold: false,
} as const;

test("A prompt beside which no message fits stops the start, and the longest beside which one does is taken", () => {
  const { run } = DEFAULT_LIMITS;
  const roomTokens = WINDOW_TOKENS - run.reservedOutputTokens - 2 * MESSAGE_OVERHEAD_TOKENS - 1;
  const create = (tokens: number) => {
    const prompt = "p".repeat(tokens * ASCII_CHARS_PER_TOKEN);
    return createConverseProfiles({ provider, language: "en", prompt, run }, "W");
  };
  expect(create(roomTokens).size).toBe(2);
  expect(() => create(roomTokens + 1)).toThrow(ConfigError);
  expect(() => create(roomTokens + 1)).toThrow(/YOI_PROMPT_FILE.*8192 tokens, 4096 of which/);
});

describe("the date in a prompt", () => {
  afterEach(() => void vi.unstubAllEnvs());

  test.each([
    ["Asia/Tokyo", "2026-11-22"],
    ["UTC", "2026-11-21"],
    ["Pacific/Honolulu", "2026-11-21"],
  ])("is that of the server's time zone: %s", (zone, day) => {
    vi.stubEnv("TZ", zone);
    const config = { provider: { kind: "demo", pace: 0 }, language: "en", prompt: "{{date}}" } as const;
    const profiles = createConverseProfiles({ ...config, run: DEFAULT_LIMITS.run }, "W");
    expect(profiles.get("runtime_default")?.systemPrompt(Date.UTC(2026, 10, 21, 20))).toBe(day);
  });
});
