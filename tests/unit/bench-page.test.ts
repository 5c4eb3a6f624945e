/** The bench's page: figures, charts and overview of what is kept, and the page of this project against them. */
import { existsSync, globSync, readFileSync } from "node:fs";
import { basename } from "node:path";
import { expect, test } from "vitest";
import { agreementOf, agreementText, compareRuns, middleRun } from "../bench/agreement.ts";
import type { CaseResult } from "../bench/bench-case.ts";
import type { Chart, Value } from "../bench/harness/chart.ts";
import { goalsOf } from "../bench/harness/goal.ts";
import { sharesTable } from "../bench/harness/profile-table.ts";
import { readKept, type KeptCase } from "../bench/kept.ts";
import { casesOf, DOCUMENT, renderPage } from "../bench/page.ts";

const EMPTY = `# Figures

<!-- overview -->

<!-- end of overview -->

<!-- figures: hop -->

<!-- end of figures -->

By hand.
`;

function resultOf(title: string, value: Value): CaseResult {
  const chart: Chart = {
    title,
    unit: "times ws",
    isRatio: true,
    bars: [
      { label: "Node", value },
      { label: "ws", value: 1, isPeer: true },
    ],
    target: { atMost: 2 },
  };
  return { tables: [], goals: goalsOf(chart), notes: [], charts: [chart] };
}

function keptOf(result: CaseResult, more: Partial<KeptCase> = {}): KeptCase {
  const figures = { measuredOn: "2026-01-31", machine: "a machine", result, agreement: null };
  return { name: "hop", figures, profile: null, ...more };
}

test("renderPage() writes charts with their words, figures and the overview, and leaves the prose", () => {
  const { document, charts } = renderPage(EMPTY, [keptOf(resultOf("way [added]", 1.5))]);
  expect([...charts.keys()]).toEqual(["hop.svg"]);
  expect(document).toBe(`# Figures

<!-- overview -->

1 of 1 goals are met.

| case        | what is measured  | must be            | reached |     | agreement |
| ----------- | ----------------- | ------------------ | ------: | --: | --------: |
| [hop](#hop) | Node: way [added] | at most 2 times ws |    1.50 | met |           |

<!-- end of overview -->

<!-- figures: hop -->

![Way \\[added\\], times ws. Node: 1.50, met; ws: 1. Target: at most 2.](performance/hop.svg)

- met: Node: way [added], at most 2 times ws

Measured on a machine; 2026-01-31.

<!-- end of figures -->

By hand.
`);
});

test("renderPage() makes the same of the same, and replaces what was there before", () => {
  const profile = {
    takenOn: "2026-01-31",
    sections: [{ says: "Where the time goes.", table: { head: ["where", "server"], rows: [["ws", "75 %"]] } }],
  };
  const first = keptOf(resultOf("way", 1.5), { profile });
  const once = renderPage(EMPTY, [first]).document;
  expect(renderPage(once, [first]).document).toBe(once);
  const later = keptOf(resultOf("way", 2.5), { profile: { ...profile, takenOn: "2026-02-01" } });
  const replaced = renderPage(once, [later]).document;
  expect(replaced).toBe(renderPage(EMPTY, [later]).document);
  expect(replaced).not.toContain("Taken 2026-01-31.");
});

test("renderPage() puts a profile below the figures that it explains", () => {
  const ws = { subject: "server on Node", total: 1_000 };
  const parts = [
    { part: "ws", share: 0.6 },
    { part: "zod", share: 0.1 },
  ];
  const deno = { subject: "server on Deno", total: 500, parts: [{ part: "server/", share: 0.8 }] };
  const sections = [
    { says: "Where the time goes.", table: sharesTable("where the time goes", "busy, ms", [{ ...ws, parts }, deno]) },
    { says: "What a pause is.", table: { head: ["kept by", "ms"], rows: [["store", "2.5"]] } },
  ];
  const { document } = renderPage(EMPTY, [
    keptOf(resultOf("way", 1), { profile: { takenOn: "2026-01-31", sections } }),
  ]);
  expect(document).toContain(`<!-- end of figures -->

<!-- profile: hop -->

Where the time goes.

| where the time goes | server on Node | server on Deno |
| ------------------- | -------------: | -------------: |
| server/             |                |           80 % |
| ws                  |           60 % |                |
| zod                 |           10 % |                |
| all else            |           30 % |           20 % |
| busy, ms            |          1,000 |            500 |

What a pause is.

| kept by |  ms |
| ------- | --: |
| store   | 2.5 |

Taken 2026-01-31.

<!-- end of profile -->

By hand.
`);
});

test("renderPage() refuses a case that the document has no place for", () => {
  expect(() => renderPage(EMPTY, [keptOf(resultOf("way", 1), { name: "wire" })])).toThrow(RangeError);
});

test("renderPage() numbers the charts of a case, and shows a goal without figures by its words", () => {
  const [first, second] = [resultOf("way", 1), resultOf("tail", { median: 3, low: 2.5, high: 4 })];
  const result: CaseResult = {
    ...first,
    goals: [...second.goals, { text: "nothing lost", isMet: true }],
    charts: [...first.charts!, ...second.charts!],
  };
  const agreement = { runs: 3, deviation: 0.2, what: "Node: tail" };
  const kept = keptOf(result);
  const { document, charts } = renderPage(EMPTY, [{ ...kept, figures: { ...kept.figures!, agreement } }]);
  expect([...charts.keys()]).toEqual(["hop.svg", "hop-2.svg"]);
  expect(document).toContain("1 of 2 goals are met.");
  expect(document).toMatch(/\| \[hop\]\(#hop\) \| Node: tail +\| at most 2 times ws +\| +3\.00 \(2\.50 … 4\.00\) \| /);
  expect(document).toMatch(/\| +\| nothing lost +\| +\| +\| +met \| +\|/);
  expect(document).toMatch(/\| \*\*missed\*\* \| 3 runs, \*\*20 %\*\* \|/);
});

test("agreementOf() tells the ratio that runs agree on least, and none of a single run", () => {
  const runs = [2, 2.2, 1.9].map((value) => resultOf("way", value));
  expect(compareRuns(runs)).toEqual([{ what: "Node: way", runs: [2, 2.2, 1.9], deviation: expect.closeTo(0.1) }]);
  expect(agreementOf(runs)).toEqual({ runs: 3, deviation: expect.closeTo(0.1), what: "Node: way" });
  expect(agreementOf(runs.slice(0, 1))).toBeNull();
  const without: CaseResult = { tables: [], goals: [], notes: [] };
  expect(agreementOf([without, without])).toBeNull();
});

test("agreementOf() compares sizes as it does ratios, and no times", () => {
  const measured = (unit: string, value: number): CaseResult => ({
    tables: [],
    goals: [],
    notes: [],
    charts: [{ title: "heap", unit, isRatio: false, bars: [{ label: "Node", value }] }],
  });
  expect(agreementOf([10, 11].map((value) => measured("kB", value)))).toEqual({
    runs: 2,
    deviation: expect.closeTo(0.5 / 10.5),
    what: "Node: heap",
  });
  expect(agreementOf([10, 11].map((value) => measured("ms", value)))).toBeNull();
});

test("agreementText() counts exactly 15 % as agreement, and more as none", () => {
  const of = (deviation: number) => agreementText({ runs: 3, deviation, what: "Node: way" });
  expect(of(0.15)).toBe("3 runs agree within 15 % (furthest apart: Node: way).");
  expect(of(0.151)).toBe("**3 runs do not agree**: they differ by up to 16 %, more than 15 % (Node: way).");
});

test("middleRun() takes the run in the middle, wherever it is", () => {
  const runs = [3, 1, 2].map((value) => resultOf("way", value));
  expect(middleRun(runs)).toBe(runs[2]);
});

test("docs/performance.md, its charts and what is kept tell of the same runs", () => {
  const document = readFileSync(DOCUMENT, "utf8");
  const cases = casesOf(document);
  const kept = globSync("docs/performance/*.json").map((path) => basename(path).replace(/(?:\.profile)?\.json$/, ""));
  expect(kept.filter((name) => !cases.includes(name))).toEqual([]);
  const page = renderPage(document, cases.map(readKept));
  expect(page.document).toBe(document);
  expect(
    globSync("docs/performance/*.svg")
      .map((path) => basename(path))
      .toSorted(),
  ).toEqual([...page.charts.keys()].toSorted());
  for (const [file, drawing] of page.charts) {
    const path = `docs/performance/${file}`;
    expect(existsSync(path) && readFileSync(path, "utf8")).toBe(drawing);
  }
});
