/**
 * The axis of a chart: where a figure stands, and which figures are written along it.
 *
 * Owns the choice between an even scale and a logarithmic one, and the choice of the ticks. Pure; `bar-chart.ts` draws it.
 */
import { limitOf, middleOf, type Chart } from "./chart.ts";

/** A scale from 0 (left) to 1 (right). */
export interface Scale {
  readonly isLogarithmic: boolean;
  /** Where a figure stands; beyond the ends it stands at the end. */
  readonly place: (value: number) => number;
  /** Whether a figure is left of the axis, on it, or right of it. */
  readonly sideOf: (value: number) => "left" | "on" | "right";
  readonly ticks: readonly number[];
}

/** Past this an even scale would show the smallest bar as nothing. */
const LOGARITHMIC_FROM = 50;
/** An interval makes the axis longer by as much at the most; past that it is cut. */
const INTERVAL_ROOM = 1.5;
/** Between the largest figure and the end of the axis. */
const END_ROOM = 1.04;
const MOST_TICKS = 7;
/** So that the smallest bar of a logarithmic scale has a length. */
const SHORTEST_DECADE = 0.1;

/** The scale on which all of a chart's figures and its target can be read. */
export function scaleOf({ bars, target }: Chart): Scale {
  const middles = [...bars.map(({ value }) => middleOf(value)), ...(target === undefined ? [] : [limitOf(target)])];
  const positive = middles.filter((middle) => middle > 0);
  const largest = Math.max(0, ...positive);
  const highs = bars.map(({ value }) => (typeof value === "number" ? value : value.high));
  const end = Math.max(largest, Math.min(Math.max(0, ...highs), largest * INTERVAL_ROOM)) * END_ROOM || 1;
  const smallest = Math.min(...positive);
  return largest / smallest >= LOGARITHMIC_FROM ? logarithmic(smallest, end) : even(end);
}

function even(end: number): Scale {
  const step = [1, 2, 5, 10].map((size) => size * 10 ** Math.floor(Math.log10(end / MOST_TICKS)));
  const chosen = step.find((size) => end / size <= MOST_TICKS) ?? end;
  const count = Math.floor(end / chosen);
  return {
    isLogarithmic: false,
    place: (value) => Math.min(1, Math.max(0, value / end)),
    sideOf: (value) => (value < 0 ? "left" : value > end ? "right" : "on"),
    // By multiplication with a whole number and rounding: sums of 0.1 are not what a reader expects.
    ticks: Array.from({ length: count + 1 }, (_, index) => Number((index * chosen).toPrecision(6))),
  };
}

function logarithmic(smallest: number, end: number): Scale {
  const from = Math.floor(Math.log10(smallest) - SHORTEST_DECADE);
  const to = Math.log10(end);
  const place = (value: number): number => (value <= 0 ? 0 : (Math.log10(value) - from) / (to - from));
  return {
    isLogarithmic: true,
    place: (value) => Math.min(1, Math.max(0, place(value))),
    sideOf: (value) => (place(value) > 1 ? "right" : value < 10 ** from ? "left" : "on"),
    ticks: Array.from({ length: Math.floor(to) - from + 1 }, (_, index) =>
      Number((10 ** (from + index)).toPrecision(6)),
    ),
  };
}
