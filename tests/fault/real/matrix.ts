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

const CUT_ROWS: readonly (readonly [string, string])[] = [
  ...["from a position", "from a position that nobody knows", "anew"].map(
    (way) => ["viewer – Backend", `every kind of frame cut at every byte, a viewer comes ${way}`] as const,
  ),
  ["Backend – Runtime", "every kind of frame cut at every byte"],
];

/** The words of every row, in order: the part that is broken, and how. */
export const MATRIX_ROWS: readonly (readonly [string, string])[] = [
  ...FAULTS.map(({ part, title }) => [part, title] as const),
  ...CUT_ROWS,
  ["processes", "`kill -9` at any moment of a message and its answer"],
];

/** The table, and how soon viewers were live again. What was not run stays as it was in `before`. */
export function renderMatrix({ schedules, cuts, crashes }: RunResult, before: string): string {
  const found: readonly (readonly [number, readonly Rule[]])[] = [
    ...FAULTS.map(({ name }) => {
      const own = schedules.filter(({ plan }) => plan.turns.some(({ faults }) => faults.includes(name)));
      return [own.length, rulesOf(own)] as const;
    }),
    ...CUT_ROWS.map((_, index) => {
      const count = [...(cuts[index]?.cuts.values() ?? [])].reduce((sum, each) => sum + each, 0);
      return [count, cuts[index]?.findings.map(({ rule }) => rule) ?? []] as const;
    }),
    [crashes.length, rulesOf(crashes)],
  ];
  const lines = before.split("\n");
  const names = Object.keys(COLUMNS);
  const rows = MATRIX_ROWS.map(([part, title], index) => {
    const [count = 0, rules = []] = found[index] ?? [];
    const start = `| ${part} | ${title} |`;
    const kept = lines.find((line) => line.startsWith(start));
    if (count === 0 && kept !== undefined) return kept;
    const cells = Object.values(COLUMNS).map((own) => rules.filter((rule) => own.includes(rule)).length);
    return `${start} ${[count, ...cells].join(" | ")} |`;
  });
  return [
    `| where | what happens | times | ${names.join(" | ")} |`,
    `| --- | --- | --: | ${names.map(() => "--:").join(" | ")} |`,
    ...rows,
    "",
    schedules.length > 0 ? summaryOf(schedules) : (lines.at(-1) ?? ""),
  ].join("\n");
}

function summaryOf(schedules: readonly Outcome[]): string {
  const samples = schedules.flatMap(({ liveAfterMs }) => liveAfterMs);
  const ms = (share: number) => `${(quantile(samples, share) ?? 0).toFixed(1)} ms`;
  return (
    `${schedules.length} schedules of several faults each. Their viewers were live again after ` +
    `${ms(0.5)} (p50) and ${ms(0.99)} (p99) of ${samples.length} attempts.`
  );
}

function rulesOf(outcomes: readonly Outcome[]): readonly Rule[] {
  return outcomes.flatMap(({ findings }) => findings.map(({ rule }) => rule));
}

/** The matrix that a document has. @throws RangeError where it has no place for one */
export function matrixOf(document: string): string {
  const { from, to } = placeOf(document);
  return document.slice(from, to).trim();
}

/** The document with another matrix. @throws RangeError where it has no place for one */
export function replaceMatrix(document: string, matrix: string): string {
  const { from, to } = placeOf(document);
  return `${document.slice(0, from)}\n\n${matrix}\n\n${document.slice(to)}`;
}

function placeOf(document: string): { readonly from: number; readonly to: number } {
  const [begin, to] = [document.indexOf(BEGIN), document.indexOf(END)];
  if (begin < 0 || to < begin) throw new RangeError("Cannot find the matrix: the document has no place for one");
  return { from: begin + BEGIN.length, to };
}
