/**
 * Lets Node load the sources as they are: prose is imported as text, which this Node can't do by itself. With
 * `FAULT_MUTANT` a planted bug is put into the sources on their way in; one that no longer fits is an error.
 */
import { readFileSync } from "node:fs";
import { registerHooks } from "node:module";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { LANE_MUTANTS, MUTANTS } from "../mutations/mutants.ts";

const root = new URL("../../../", import.meta.url);
const name = process.env["FAULT_MUTANT"];
const mutant = name === undefined ? undefined : [...MUTANTS, ...LANE_MUTANTS].find((one) => one.name === name);
if (name !== undefined && mutant === undefined) throw new Error(`Cannot plant "${name}": there is no such bug`);
const mutated = mutant && new URL(mutant.file, root).href;

registerHooks({
  resolve(specifier, context, next) {
    return next(specifier, specifier.endsWith(".md") ? { ...context, importAttributes: {} } : context);
  },
  load(url, context, next) {
    if (url.endsWith(".md")) {
      const source = `export default ${JSON.stringify(readFileSync(fileURLToPath(url), "utf8"))};`;
      return { format: "module", source, shortCircuit: true };
    }
    if (url !== mutated) return next(url, context);
    return { format: "module-typescript", source: plant(readFileSync(fileURLToPath(url), "utf8")), shortCircuit: true };
  },
});

function plant(source) {
  return mutant.edits.reduce((text, [from, to]) => {
    const count = text.split(from).length - 1;
    if (count !== 1) throw new Error(`Cannot plant "${name}": its place occurs ${count} times in ${mutant.file}`);
    return text.replace(from, () => to);
  }, source);
}
