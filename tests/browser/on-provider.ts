/**
 * A stage whose server asks a provider of the test's own.
 *
 * Owns the lives of both; no test may leave an error behind, as on every stage.
 */
import { afterAll, beforeAll } from "vitest";
import { StreamingProvider } from "../support/streaming-provider.ts";
import { Stage } from "./both-servers.ts";
import { leaveNoErrors } from "./leave-no-errors.ts";

/** Raises them for the tests that stand around the call. They are there once these run. */
export function onProvider(): { readonly stage: Stage; readonly provider: StreamingProvider } {
  let provider: StreamingProvider;
  let stage: Stage;
  beforeAll(async () => {
    provider = await StreamingProvider.start();
    stage = new Stage("node", { OPENAI_BASE_URL: provider.url });
    await stage.raise();
  });
  leaveNoErrors(() => stage);
  afterAll(async () => {
    await stage?.strike();
    await provider?.[Symbol.asyncDispose]();
  });
  return {
    get stage() {
      return stage;
    },
    get provider() {
      return provider;
    },
  };
}
