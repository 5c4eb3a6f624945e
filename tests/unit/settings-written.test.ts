/** What is written from the table of settings, against the table. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { DEFAULT_BACKEND_LIMITS } from "../../server/limits.ts";
import { readConfig } from "../../server/config.ts";
import { GROUPS, wholeTable } from "../../runtime/settings/table.ts";

const run = promisify(execFile);

test("the documents' tables and the JSON Schema are what the table of settings says", async () => {
  const { stdout } = await run(process.execPath, ["scripts/settings.mjs", "--check"]).catch(
    (failure: { stdout: string }) => failure,
  );
  expect(stdout).toBe("");
});

test("every group of the file is described, and no other", () => {
  const groups = Object.values(wholeTable).flatMap(({ key }) => key?.split(".").slice(0, 1) ?? []);
  expect(new Set(Object.keys(GROUPS))).toEqual(new Set(groups));
});

test("no two settings have the same place in the file, and each has a group and a name", () => {
  const keys = Object.values(wholeTable).flatMap(({ key }) => key ?? []);
  expect(keys.filter((key, index) => keys.indexOf(key) !== index)).toEqual([]);
  expect(keys.filter((key) => !/^[a-z]+\.[a-z]+(?:_[a-z]+)*$/.test(key))).toEqual([]);
});

test("the limits of clients are by default what the Backend's are", async () => {
  const { clientLimits } = await readConfig({}, () => Promise.reject(new Error("no file is read here")));
  expect(DEFAULT_BACKEND_LIMITS).toMatchObject(clientLimits.viewers);
});
