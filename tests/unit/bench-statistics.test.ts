/** The bench's arithmetic, order and words: what its figures rest on, without a process. */
import { expect, test } from "vitest";
import { renderResult, replaceFigures } from "../bench/figures.ts";
import { alternate } from "../bench/harness/rounds.ts";
import { estimate, median, paired, pairedRatio, quantile } from "../bench/harness/statistics.ts";
import { figure, renderTable } from "../bench/harness/table.ts";
import { firstStepMs, keepPace } from "../bench/programs/pace.ts";

test("quantile() lies between neighbours and takes values in any order", () => {
  expect(quantile([4, 1, 3, 2], 0)).toBe(1);
  expect(quantile([4, 1, 3, 2], 0.5)).toBe(2.5);
  expect(quantile([4, 1, 3, 2], 1)).toBe(4);
  expect(quantile([7], 0.99)).toBe(7);
  expect(median([])).toBeNaN();
});

test("estimate() of equal values has no width", () => {
  expect(estimate([3, 3, 3])).toEqual({ median: 3, low: 3, high: 3 });
});

test("estimate() holds the median within the values, the same each time", () => {
  const values = [1, 2, 3, 4, 5, 6, 7, 8, 9, 100];
  const { median: middle, low, high } = estimate(values);
  expect(middle).toBe(5.5);
  expect(low).toBeGreaterThan(1);
  expect(low).toBeLessThan(middle);
  expect(high).toBeGreaterThan(middle);
  expect(high).toBeLessThan(100);
  expect(estimate(values)).toEqual({ median: middle, low, high });
});

test("pairedRatio() compares within a round, so that a slow round changes nothing", () => {
  expect(pairedRatio([2, 200, 20], [1, 100, 10])).toEqual({ median: 2, low: 2, high: 2 });
});

test("paired() refuses series of different lengths", () => {
  expect(() => paired([1], [1, 2], (a, b) => a - b)).toThrow(RangeError);
});

test("alternate() gives every subject the first turn and counts no warm-up", async () => {
  const turns: string[] = [];
  const take = (name: string) => async () => turns.push(name);
  const samples = await alternate(
    3,
    new Map([
      ["a", take("a")],
      ["b", take("b")],
    ]),
  );
  expect(turns.join("")).toBe("baabbaab");
  expect(samples.get("a")).toEqual([3, 6, 7]);
});

test("keepPace() steps as often as it is told, in order", async () => {
  const steps: number[] = [];
  await keepPace(3, { intervalMs: 0, offsetMs: 0 }, (index) => steps.push(index));
  expect(steps).toEqual([0, 1, 2]);
});

test("firstStepMs() waits for the sender's turn where it has one", () => {
  const timing = { intervalMs: 20, offsetMs: 5 };
  expect(firstStepMs(1_001, timing)).toBe(1_006);
  expect(firstStepMs(1_001, { ...timing, turnMs: 8 })).toBe(1_008);
  expect(firstStepMs(1_003, { ...timing, turnMs: 8 })).toBe(1_008);
  expect(firstStepMs(1_004, { ...timing, turnMs: 8 })).toBe(1_028);
  expect(firstStepMs(0, { ...timing, turnMs: 8 })).toBe(8);
});

test("renderTable() aligns its columns", () => {
  expect(
    renderTable({
      head: ["engine", "µs"],
      rows: [
        ["Node", "12.5"],
        ["Deno", "1,234"],
      ],
    }),
  ).toBe(["| engine |    µs |", "| ------ | ----: |", "| Node   |  12.5 |", "| Deno   | 1,234 |"].join("\n"));
});

test("renderTable() aligns as many columns of words as it is told", () => {
  expect(renderTable({ head: ["a", "words", "µs"], rows: [["b", "some", "1"]], wordColumns: 2 })).toBe(
    ["| a   | words |  µs |", "| --- | ----- | --: |", "| b   | some  |   1 |"].join("\n"),
  );
});

test("figure() has as many digits as it is worth", () => {
  expect([0.123, 1.5, 12.34, 1234.5, -0.5].map(figure)).toEqual(["0.12", "1.50", "12.3", "1,235", "-0.50"]);
});

test("renderResult() tells which goals are missed", () => {
  const goals = [
    { text: "small", isMet: true },
    { text: "fast", isMet: false },
  ];
  expect(renderResult({ tables: [], goals, notes: ["One.", "Two."] })).toBe(
    "- met: small\n- **missed**: fast\n\nOne. Two.",
  );
});

test("replaceFigures() replaces what stands between a case's marks and nothing else", () => {
  const marked = (figures: string) => `before\n<!-- figures: hop -->\n\n${figures}\n\n<!-- end of figures -->\nafter`;
  expect(replaceFigures(marked("old"), "hop", "new")).toBe(marked("new"));
  expect(() => replaceFigures(marked("old"), "wire", "new")).toThrow(RangeError);
});
