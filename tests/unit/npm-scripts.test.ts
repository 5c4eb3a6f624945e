/** What npm's scripts ask of the shell that runs them. */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";

test("the word that every script begins with is a shell's own, and a file's where the shell is Windows'", () => {
  const { scripts } = JSON.parse(readFileSync("package.json", "utf8")) as { scripts: Record<string, string> };
  expect(Object.values(scripts).filter((command) => !command.startsWith("exec node "))).toEqual([]);
  const lines = readFileSync("exec.cmd", "utf8").split(/\r?\n/);
  expect(lines.filter((line) => line !== "" && !line.startsWith("@rem "))).toEqual(["@%*"]);
});
