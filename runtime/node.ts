/** The Runtime process on Node. The built output runs this, on Bun too. */
import { startRuntime } from "./node-start.ts";

await startRuntime({});
