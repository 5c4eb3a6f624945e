/** The published matrix: it has the suite's rows, and it says what the suite holds. */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { MATRIX_ROWS, matrixOf, replaceMatrix } from "./matrix.ts";

const document = readFileSync(new URL("../../../docs/faults.md", import.meta.url), "utf8");
const rows = matrixOf(document)
  .split("\n")
  .filter((line) => line.startsWith("|"))
  .slice(2)
  .map((line) => line.split("|").slice(1, -1));
const cellsOf = (row: readonly string[]) => row.map((cell) => cell.trim());

test("The matrix has a row for every fault of the suite, each of which was met", () => {
  expect(rows.map((row) => cellsOf(row).slice(0, 2))).toEqual(MATRIX_ROWS);
  for (const row of rows) expect(Number(cellsOf(row)[2]), cellsOf(row).join(" ")).toBeGreaterThan(0);
});

test("The matrix has nothing but zeros behind each fault", () => {
  expect(rows.flatMap((row) => cellsOf(row).slice(3)).filter((cell) => cell !== "0")).toEqual([]);
});

test("replaceMatrix() changes what stands between the marks and nothing else", () => {
  const changed = replaceMatrix(document, "| other |");
  expect(matrixOf(changed)).toBe("| other |");
  expect(replaceMatrix(changed, matrixOf(document))).toBe(document);
  expect(() => matrixOf("nothing")).toThrow(RangeError);
});
