/**
 * One process that takes the SQLite store's two ways at random, with a planted bug where one is named.
 *
 * Its only line says whether the law holds.
 */
import { checkLaneLaw } from "../../support/lane-law.ts";

const RUNS = 60;

const isFound = await checkLaneLaw({ numRuns: RUNS, endOnFailure: true }).then(
  () => false,
  () => true,
);
console.log(isFound ? "broken" : "holds");
