/** What the document on durability states, against the code. */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { RuntimeId } from "../../protocol/id.ts";
import { PROBLEM_CODES } from "../../protocol/problem.ts";
import { storePath } from "../../runtime/store-config.ts";
import { MAX_LOG_BYTES, MAX_UNSAVED_MS, REST_MS } from "../../runtime/store/sqlite-limits.ts";
import { MIGRATIONS } from "../../runtime/store/sqlite-schema.ts";
import { SETTING_NAMES } from "../../server/config.ts";
import { EMBEDDED_RUNTIME_NAME } from "../../server/runtimes-file.ts";

const document = readFileSync("docs/durability.md", "utf8");

test("docs/durability.md states when what is written goes to the disk", () => {
  expect(document).toMatch(new RegExp(`rests for\\s+${REST_MS} ms`));
  expect(document).toContain(`when ${MAX_LOG_BYTES / 1024 / 1024} MiB have come together`);
  expect(document).toContain(`after ${MAX_UNSAVED_MS} ms`);
});

test("docs/durability.md names the files as they are named", () => {
  expect(document).toContain(`\`${storePath("", RuntimeId.parse(EMBEDDED_RUNTIME_NAME)).slice(1)}\``);
  expect(document).toContain(`\`${storePath("", RuntimeId.parse("lab:one")).slice(1)}\` for a Runtime \`lab:one\``);
});

test("docs/durability.md names settings, problems and tables that there are", () => {
  const settings = [...document.matchAll(/`(YOI_[A-Z_]+)(?:`|=)/g)].map(([, name]) => name!);
  expect(settings.filter((name) => !SETTING_NAMES.includes(name))).toEqual([]);
  const problems = [...document.matchAll(/`(store_[a-z_]+)`/g)].map(([, code]) => code!);
  const known: readonly string[] = [...PROBLEM_CODES, "store_record_quarantined"];
  expect(problems.filter((code) => !known.includes(code))).toEqual([]);
  expect(MIGRATIONS.join()).toContain("CREATE TABLE quarantine");
});
