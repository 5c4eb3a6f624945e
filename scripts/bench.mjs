/**
 * Runs `tests/bench/main.ts` as the server runs: built, on the project's own Node, so that its figures are the product's.
 */
import { rmSync } from "node:fs";
import process from "node:process";
import { build } from "vite";
import { commandFor, root, run } from "./engines.mjs";

// Inside dist: a bundle that resolves files against its own place finds the built client where the server finds it.
const outDir = `${root}dist/bench`;
await build({
  root,
  mode: "bench",
  logLevel: "warn",
  // The one finds its own files beside itself; the other is a peer, and to run as it is published.
  ssr: { external: ["playwright-core", "socket.io"] },
  build: {
    outDir,
    emptyOutDir: true,
    ssr: true,
    rolldownOptions: { input: { main: "tests/bench/main.ts", "sqlite-thread": "runtime/store/sqlite-thread.ts" } },
  },
});
try {
  const [node, ...args] = commandFor("node", [`${outDir}/main.js`, ...process.argv.slice(2)]);
  // So that a window need not collect what the one before it has left behind.
  process.exitCode = await run([node, "--expose-gc", ...args]);
} finally {
  rmSync(outDir, { recursive: true, force: true });
}
