/** How the peers' pages are built: for production, with React's own JSX and nothing of this project's. */
import { defineConfig } from "vite";

export default defineConfig({
  base: "./",
  logLevel: "warn",
  // The page around the script is the same for all (`peer-page.ts`).
  build: { manifest: "manifest.json", rolldownOptions: { input: "/main.jsx" } },
});
