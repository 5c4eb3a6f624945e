/** How the peer's page is built: for production, with React's own JSX and nothing of this project's. */
import { defineConfig } from "vite";

export default defineConfig({
  base: "./",
  logLevel: "warn",
  build: { manifest: "manifest.json", emptyOutDir: true },
});
