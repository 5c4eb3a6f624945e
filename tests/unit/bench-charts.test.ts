/** The bench's charts: what they draw and what they say, for figures as they come and for those at the edges. */
import { expect, test } from "vitest";
import { drawChart } from "../bench/harness/bar-chart.ts";
import { scaleOf } from "../bench/harness/chart-scale.ts";
import { chartWords, reaches, type Bar, type Chart, type Value } from "../bench/harness/chart.ts";
import { goal, goalsOf } from "../bench/harness/goal.ts";

const bar = (label: string, value: Value, isPeer = false): Bar => ({ label, value, isPeer });
const chartOf = (...bars: readonly Bar[]): Chart => ({
  title: "time per delivery",
  unit: "times ws",
  isRatio: true,
  bars,
  target: { atMost: 0.8 },
});
const both = chartOf(bar("Node", { median: 1.6, low: 1.5, high: 2 }), bar("Deno", 0.4), bar("ws", 1, true));

/** The lengths of the bars in pixels, from top to bottom; a missed one is drawn twice, once as hatching. */
function barWidths(chart: Chart): readonly number[] {
  return [...drawChart(chart).matchAll(/<rect class="(?:ours|missed|peer)" [^>]*width="([\d.]+)"/g)].map(([, width]) =>
    Number(width),
  );
}

test("chartWords() says everything that the chart shows", () => {
  expect(chartWords(both)).toBe(
    "Time per delivery, times ws. Node: 1.60 (1.50 … 2.00), missed; Deno: 0.40, met; ws: 1. Target: at most 0.8.",
  );
});

test("drawChart() has a title and a description, and tells met from missed by words and hatching", () => {
  const drawing = drawChart(both);
  expect(drawing).toMatch(/^<svg [^>]*width="720" [^>]*role="img" aria-labelledby="title desc">\n/);
  expect(drawing).toContain('<title id="title">Time per delivery</title>');
  expect(drawing).toContain(`<desc id="desc">${chartWords(both)}</desc>`);
  expect(drawing).toContain(">1.60 (1.50 … 2.00) · missed</text>");
  expect(drawing).toContain(">0.40 · met</text>");
  expect(drawing.match(/url\(#hatch\)/g)).toHaveLength(1);
  expect(drawing).not.toContain("<script");
});

test("drawChart() draws bars in proportion, and the same each time", () => {
  const [node, deno, ws] = barWidths(both);
  expect(node! / deno!).toBeCloseTo(4, 1);
  expect(ws! / deno!).toBeCloseTo(2.5, 1);
  expect(drawChart(both)).toBe(drawChart(both));
});

test("drawChart() escapes labels and cuts one that is too long for its row", () => {
  const drawing = drawChart(chartOf(bar(`<b> & "${"long ".repeat(60)}`, 1)));
  expect(drawing).not.toContain("<b>");
  expect(drawing).toMatch(/class="row strong"[^>]*>&lt;b&gt; &amp; &quot;long [^<]{20,90}…<\/text>/);
});

test("drawChart() has a scale for one bar, for equal ones and for nothing but zero", () => {
  expect(barWidths(chartOf(bar("Node", 3)))).toEqual([653.8]);
  expect(barWidths(chartOf(bar("Node", 3), bar("Deno", 3)))).toEqual([653.8, 653.8]);
  const zero: Chart = { ...chartOf(bar("Node", 0)), target: { atMost: 0 } };
  expect(barWidths(zero)).toEqual([0]);
  expect(drawChart(zero)).toContain(">0 · met</text>");
  expect(drawChart(zero)).not.toContain("NaN");
});

test("scaleOf() is logarithmic where the smallest bar would be nothing, and even otherwise", () => {
  expect(scaleOf(chartOf(bar("a", 1_000), bar("b", 1))).isLogarithmic).toBe(true);
  expect(scaleOf(both).isLogarithmic).toBe(false);
  expect(scaleOf(both).ticks).toEqual([0, 0.5, 1, 1.5, 2]);
  const wide = scaleOf(chartOf(bar("a", 1_000), bar("b", 1)));
  expect(wide.ticks).toEqual([0.1, 1, 10, 100, 1_000]);
  expect(wide.place(10) - wide.place(1)).toBeCloseTo(wide.place(100) - wide.place(10));
  expect(barWidths(chartOf(bar("a", 1_000), bar("b", 1), bar("c", 0)))).toEqual([
    expect.closeTo(677, 0),
    expect.closeTo(169, 0),
    0,
  ]);
});

test("drawChart() ends an interval with an arrow where it lies beyond the axis", () => {
  const drawing = drawChart(chartOf(bar("Node", { median: 2, low: -1, high: 40 })));
  const whisker = /class="whisker" d="([^"]+)"/.exec(drawing)?.[1];
  expect(whisker).toBe("M20 110H700M24 106L20 110L24 114M696 106L700 110L696 114");
});

test("reaches() counts the target itself as met, in either direction", () => {
  expect([0.79, 0.8, 0.81].map((value) => reaches(value, { atMost: 0.8 }))).toEqual([true, true, false]);
  expect([19, 20].map((value) => reaches(value, { atLeast: 20 }))).toEqual([false, true]);
});

test("goalsOf() makes a goal of each bar that is not a peer's, with its figures", () => {
  expect(goalsOf(both)).toEqual([
    {
      text: "Node: time per delivery, at most 0.8 times ws",
      isMet: false,
      measured: {
        what: "Node: time per delivery",
        unit: "times ws",
        reached: { median: 1.6, low: 1.5, high: 2 },
        target: { atMost: 0.8 },
      },
    },
    goal("Deno: time per delivery", 0.4, { atMost: 0.8 }, "times ws"),
  ]);
  const { target: _, ...open } = both;
  expect(goalsOf(open)).toEqual([]);
});
