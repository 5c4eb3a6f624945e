/** What is written from the table of settings, against the table. */
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { promisify } from "node:util";
import { Ajv2020 } from "ajv/dist/2020.js";
import { parse } from "jsonc-parser";
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

test("docs/yoi.config.schema.json takes the documented example and refuses what the programs refuse", async () => {
  const validate = new Ajv2020({ strict: false }).compile(
    JSON.parse(readFileSync("docs/yoi.config.schema.json", "utf8")) as object,
  );
  const document = readFileSync("docs/configuration.md", "utf8");
  const example = /```jsonc\n(.*?)```/s.exec(document)?.[1] ?? "";
  const environment = { YOI_TOKEN_FOR_PEOPLE: "0123456789abcdef", PROVIDER_KEY: "key", LAB_TOKEN: "token" };
  const read = (path: string) => Promise.resolve(path === "yoi.config.jsonc" ? example : "s".repeat(40));
  await expect(readConfig(environment, read, "yoi.config.jsonc")).resolves.toMatchObject({ port: 8787 });
  expect([validate(parse(example)), validate.errors]).toEqual([true, null]);
  for (const wrong of [
    { prot: 1 },
    { server: { prot: 1 } },
    { server: { port: "8787" } },
    { server: { port: 65_536 } },
    { access: { token: "a-literal-secret-of-mine" } },
    { access: { token: { env: "A", file: "b" } } },
    { companion: { language: "fr" } },
    { runtimes: [{ id: "lab" }] },
    { runtimes: [{ id: "lab", base_url: "http://a.example", token: "literal" }] },
  ]) {
    expect([wrong, validate(wrong)]).toEqual([wrong, false]);
  }
});
