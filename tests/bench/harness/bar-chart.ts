/**
 * Draws a chart as SVG.
 *
 * Owns the look: a panel of its own, so that it can be read on any page, in light and dark; nothing is told by colour alone.
 * No script, no font of its own, the same text for the same chart. `page.ts` writes it to a file.
 */
import { scaleOf, type Scale } from "./chart-scale.ts";
import { capitalized, chartWords, limitOf, reaches, targetText, valueText, type Bar, type Chart } from "./chart.ts";

const WIDTH = 720;
const MARGIN = 20;
const LENGTH = WIDTH - 2 * MARGIN;
const HEAD_HEIGHT = 64;
/** Of the line above the rows that says what the target is. */
const TARGET_HEIGHT = 20;
const ROW_HEIGHT = 42;
const BAR_TOP = 20;
const BAR_HEIGHT = 12;
const AXIS_HEIGHT = 36;
const CAP = 4;
/** Of a letter at the size of the labels, on the average; one of Chinese or Japanese is twice as wide. */
const LETTER_WIDTH = 8;
const GAP = 20;

const STYLE = `
text { font: 13px system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; fill: #1f2328; }
.title { font-size: 16px; font-weight: 600; }
.small { font-size: 12px; fill: #59636e; }
.row { paint-order: stroke; stroke: #ffffff; stroke-width: 5px; stroke-linejoin: round; }
.end { text-anchor: end; font-variant-numeric: tabular-nums; }
.middle { text-anchor: middle; }
.strong { font-weight: 600; }
.panel { fill: #ffffff; stroke: #d1d9e0; }
.grid { stroke: #e3e8ed; }
.target { stroke: #1f2328; stroke-width: 1.5; stroke-dasharray: 5 4; }
.peer { fill: #8c959f; }
.ours { fill: #2f6fd0; }
.missed { fill: #c4560f; }
.hatch { stroke: #ffffff; stroke-width: 2; }
.whisker { stroke: #1f2328; stroke-width: 1.5; fill: none; }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3; }
  .small { fill: #9ca5ae; }
  .row { stroke: #14181d; }
  .panel { fill: #14181d; stroke: #333b44; }
  .grid { stroke: #2a3139; }
  .target, .whisker { stroke: #e6edf3; }
  .peer { fill: #6b7580; }
  .ours { fill: #5a9bf5; }
  .missed { fill: #f0883e; }
  .hatch { stroke: #14181d; }
}`;

/** Where the rows are, from top to bottom. */
interface Rows {
  readonly from: number;
  readonly to: number;
}

/** An SVG document of a fixed width. */
export function drawChart(chart: Chart): string {
  const { title, unit, bars, target } = chart;
  const scale = scaleOf(chart);
  const from = HEAD_HEIGHT + (target === undefined ? 0 : TARGET_HEIGHT);
  const rows: Rows = { from, to: from + bars.length * ROW_HEIGHT };
  const height = rows.to + AXIS_HEIGHT;
  const remarks = [
    unit,
    bars.some(({ value }) => typeof value !== "number") && "whiskers: 95 % interval",
    scale.isLogarithmic && "logarithmic scale",
  ].filter((remark) => remark !== false);
  return `${[
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-labelledby="title desc">`,
    `<title id="title">${escaped(capitalized(title))}</title>`,
    `<desc id="desc">${escaped(chartWords(chart))}</desc>`,
    `<style>${STYLE}</style>`,
    `<defs><pattern id="hatch" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><path class="hatch" d="M0 0V6"/></pattern></defs>`,
    `<rect class="panel" x="0.5" y="0.5" width="${WIDTH - 1}" height="${height - 1}" rx="8"/>`,
    text(MARGIN, 32, "title", capitalized(title)),
    text(MARGIN, 52, "small", remarks.join(" · ")),
    ...scale.ticks.flatMap((tick) => drawTick(scale, tick, rows)),
    ...(target === undefined ? [] : drawTarget(scale.place(limitOf(target)), `target: ${targetText(target)}`, rows)),
    ...bars.flatMap((bar, index) => drawBar(chart, bar, scale, rows.from + index * ROW_HEIGHT)),
    "</svg>",
  ].join("\n")}\n`;
}

function drawTick(scale: Scale, tick: number, rows: Rows): readonly string[] {
  const x = xOf(scale.place(tick));
  return [
    `<path class="grid" d="M${x} ${rows.from}V${rows.to}"/>`,
    text(x, rows.to + 18, "small middle", tick.toLocaleString("en-US", { maximumFractionDigits: 6 })),
  ];
}

function drawTarget(place: number, label: string, rows: Rows): readonly string[] {
  const x = xOf(place);
  const half = widthOf(label) / 2;
  const middle = Math.min(WIDTH - MARGIN - half, Math.max(MARGIN + half, x));
  return [
    `<path class="target" d="M${x} ${rows.from - 6}V${rows.to}"/>`,
    text(middle, rows.from - 11, "middle", label),
  ];
}

function drawBar({ target }: Chart, { label, value, isPeer = false }: Bar, scale: Scale, top: number): string[] {
  const outcome = target === undefined || isPeer ? "" : reaches(value, target) ? "met" : "missed";
  const figures = valueText(value);
  const right = outcome === "" ? figures : `${figures} · ${outcome}`;
  const length = round(scale.place(typeof value === "number" ? value : value.median) * LENGTH);
  const kind = isPeer ? "peer" : outcome === "missed" ? "missed" : "ours";
  const rect = (attributes: string): string =>
    `<rect ${attributes} x="${MARGIN}" y="${top + BAR_TOP}" width="${length}" height="${BAR_HEIGHT}"/>`;
  return [
    rect(`class="${kind}"`),
    ...(outcome === "missed" ? [rect(`fill="url(#hatch)"`)] : []),
    ...(typeof value === "number" ? [] : drawWhisker(scale, value.low, value.high, top + BAR_TOP + BAR_HEIGHT / 2)),
    text(MARGIN, top + 14, isPeer ? "row" : "row strong", fitted(label, LENGTH - GAP - widthOf(right))),
    text(WIDTH - MARGIN, top + 14, isPeer ? "row end" : "row end strong", right),
  ];
}

/** From the lower end to the upper one: a cap where the end is, an arrow where it lies beyond the axis. */
function drawWhisker(scale: Scale, low: number, high: number, y: number): readonly string[] {
  if (low === high) return [];
  const end = (value: number): string => {
    const x = xOf(scale.place(value));
    const side = scale.sideOf(value);
    if (side === "on") return `M${x} ${y - CAP}V${y + CAP}`;
    const back = side === "right" ? x - CAP : x + CAP;
    return `M${back} ${y - CAP}L${x} ${y}L${back} ${y + CAP}`;
  };
  const line = `M${xOf(scale.place(low))} ${y}H${xOf(scale.place(high))}`;
  return [`<path class="whisker" d="${line}${end(low)}${end(high)}"/>`];
}

function text(x: number, y: number, kind: string, words: string): string {
  return `<text class="${kind}" x="${x}" y="${y}">${escaped(words)}</text>`;
}

const xOf = (place: number): number => round(MARGIN + place * LENGTH);

const round = (length: number): number => Number(length.toFixed(1));

/** The text, or as much of it as there is room for. */
function fitted(words: string, width: number): string {
  if (widthOf(words) <= width) return words;
  const letters = Array.from(words);
  while (letters.length > 0 && widthOf(`${letters.join("")}…`) > width) letters.pop();
  return `${letters.join("").trimEnd()}…`;
}

function widthOf(words: string): number {
  return Array.from(words, (letter) => (letter > "\u2e7f" ? 2 : 1) * LETTER_WIDTH).reduce((sum, one) => sum + one, 0);
}

function escaped(words: string): string {
  const entities: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };
  return words.replace(/[&<>"]/g, (letter) => entities[letter] ?? letter);
}
