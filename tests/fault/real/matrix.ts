/**
 * The matrix: for every fault what was found, as a table between two marks of the document.
 *
 * Owns the columns, the rows' words and the marks. The figures come from a run; nobody writes them by hand.
 */
import type { Rule } from "../checker.ts";
import { quantile } from "./campaign.ts";
import type { CutResult } from "./cuts.ts";
import { FAULTS } from "./faults.ts";
import type { Outcome } from "./schedule.ts";

/** What a run has found. */
export interface RunResult {
  readonly schedules: readonly Outcome[];
  readonly cuts: readonly CutResult[];
  readonly crashes: readonly Outcome[];
}

const BEGIN = "<!-- matrix: real processes -->";
const END = "<!-- end of matrix -->";

/** What must not be found, and the rules that find it. */
const COLUMNS: Readonly<Record<string, readonly Rule[]>> = {
  lost: ["lost", "gap", "altered"],
  doubled: ["doubled"],
  reordered: ["reordered"],
  "acknowledged, not kept once": ["acknowledged"],
  "runs without an end": ["open_run"],
  "viewers not calm": ["restless"],
  "mended silently": [
    "counter",
    "bad_frame",
    "wrong_snapshot",
    "needless_snapshot",
    "needless_reconnect",
    "needless_refusal",
  ],
};

/** The words of every row, in order: the part that is broken, and how. */
export const MATRIX_ROWS: readonly (readonly [string, string])[] = [
  ...FAULTS.map(({ part, title }) => [part, title] as const),
  ...["from a position", "from a position that nobody knows", "anew"].map(
    (way) => ["viewer – Backend", `every kind of frame cut at every byte, a viewer comes ${way}`] as const,
  ),
  ["processes", "`kill -9` at any moment of a message and its answer"],
];

/** The table, and how soon viewers were live again. */
export function renderMatrix({ schedules, cuts, crashes }: RunResult): string {
  const found: readonly (readonly [number, readonly Rule[]])[] = [
    ...FAULTS.map(({ name }) => {
      const own = schedules.filter(({ plan }) => plan.turns.some(({ faults }) => faults.includes(name)));
      return [own.length, rulesOf(own)] as const;
    }),
    ...cuts.map((one) => {
      const count = [...one.cuts.values()].reduce((sum, each) => sum + each, 0);
      return [count, one.findings.map(({ rule }) => rule)] as const;
    }),
    [crashes.length, rulesOf(crashes)],
  ];
  const names = Object.keys(COLUMNS);
  const rows = MATRIX_ROWS.map(([part, title], index) => {
    const [count = 0, rules = []] = found[index] ?? [];
    const cells = Object.values(COLUMNS).map((own) => rules.filter((rule) => own.includes(rule)).length);
    return `| ${[part, title, count, ...cells].join(" | ")} |`;
  });
  const samples = [...schedules, ...crashes].flatMap(({ liveAfterMs }) => liveAfterMs);
  const ms = (share: number) => `${(quantile(samples, share) ?? 0).toFixed(1)} ms`;
  return [
    `| where | what happens | times | ${names.join(" | ")} |`,
    `| --- | --- | --: | ${names.map(() => "--:").join(" | ")} |`,
    ...rows,
    "",
    `${schedules.length} schedules of several faults each, and ${crashes.length} crashes. Live again after ` +
      `${ms(0.5)} (p50) and ${ms(0.99)} (p99) of ${samples.length} attempts.`,
  ].join("\n");
}

function rulesOf(outcomes: readonly Outcome[]): readonly Rule[] {
  return outcomes.flatMap(({ findings }) => findings.map(({ rule }) => rule));
}

/** The matrix that a document has. @throws RangeError where it has no place for one */
export function matrixOf(document: string): string {
  const [from, to] = [document.indexOf(BEGIN), document.indexOf(END, document.indexOf(BEGIN))];
  if (from < 0 || to < 0) throw new RangeError("Cannot find the matrix: the document has no place for one");
  return document.slice(from + BEGIN.length, to).trim();
}

/** The document with another matrix. @throws RangeError where it has no place for one */
export function replaceMatrix(document: string, matrix: string): string {
  return document.replace(matrixOf(document), () => matrix);
}
