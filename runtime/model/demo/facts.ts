/** What the offline demo's model says of itself; the label is honest. */
import type { ModelFacts } from "../deferred.ts";

/** The demo as the console shows it, with the window of a usual small model. */
export const DEMO_FACTS: ModelFacts = { provider: "demo", name: "yoi-demo", contextWindowTokens: 32_768 };
