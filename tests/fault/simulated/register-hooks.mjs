/**
 * Lets Node load the sources as they are: prose is imported as text, which this Node can't do by itself. With
 * `FAULT_MUTANT` a planted bug is put into the sources on their way in; one that no longer fits is an error.
 */
import { readFileSync } from "node:fs";
import { registerHooks } from "node:module";
import { fileURLToPath } from "node:url";

registerHooks({
  resolve(specifier, context, next) {
    return next(specifier, specifier.endsWith(".md") ? { ...context, importAttributes: {} } : context);
  },
  load(url, context, next) {
    if (!url.endsWith(".md")) return next(url, context);
    const source = `export default ${JSON.stringify(readFileSync(fileURLToPath(url), "utf8"))};`;
    return { format: "module", source, shortCircuit: true };
  },
});
