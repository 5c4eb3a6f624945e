/**
 * The page of the figures, made of what is kept.
 *
 * Owns the document and the charts beside it: whatever is measured, all of it is written anew, so that figures, charts and
 * overview never tell of different runs. `bench.ts` calls it after each case.
 */
import { globSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename } from "node:path";
import { renderFigures, replaceFigures, replaceMarked, replaceProfile } from "./figures.ts";
import { drawChart } from "./harness/bar-chart.ts";
import { KEPT_FOLDER, readKept, type KeptCase } from "./kept.ts";
import { renderOverview } from "./overview.ts";

export const DOCUMENT = "docs/performance.md";

/** The document and its charts, by the name of their file. */
export interface Page {
  readonly document: string;
  readonly charts: ReadonlyMap<string, string>;
}

/** The cases that the document has a place for, in its order. */
export function casesOf(document: string): readonly string[] {
  return Array.from(document.matchAll(/^<!-- figures: (\S+) -->$/gm), ([, name = ""]) => name);
}

/** The document with everything that is kept of its cases. Of the same, it makes the same. */
export function renderPage(document: string, cases: readonly KeptCase[]): Page {
  const charts = new Map<string, string>();
  let page = document;
  for (const { name, figures, profile } of cases) {
    if (figures !== null) {
      const drawn = (figures.result.charts ?? []).map((chart, index) => {
        const file = index === 0 ? `${name}.svg` : `${name}-${index + 1}.svg`;
        charts.set(file, drawChart(chart));
        return `${basename(KEPT_FOLDER)}/${file}`;
      });
      page = replaceFigures(page, name, renderFigures(figures, drawn));
    }
    if (profile !== null) page = replaceProfile(page, name, profile);
  }
  return {
    document: replaceMarked(page, "<!-- overview -->", "<!-- end of overview -->", renderOverview(cases)),
    charts,
  };
}

/** Writes the page anew; a chart that nothing tells of any more goes. */
export function writePage(): void {
  const before = readFileSync(DOCUMENT, "utf8");
  const { document, charts } = renderPage(before, casesOf(before).map(readKept));
  for (const path of globSync(`${KEPT_FOLDER}/*.svg`)) if (!charts.has(basename(path))) rmSync(path);
  for (const [file, drawing] of charts) writeFileSync(`${KEPT_FOLDER}/${file}`, drawing);
  writeFileSync(DOCUMENT, document);
}
