/**
 * Writes what is told of the settings from their table: the JSON Schema of the configuration file and the tables in
 * `docs/configuration.md` and `docs/runtime.md`. `--check` writes nothing and ends with 1 where one of them is not fresh.
 */
import { readFileSync, writeFileSync } from "node:fs";
import process from "node:process";
import * as z from "zod/mini";
import { encodeVariable } from "../runtime/settings/environment-value.ts";
import { fileVariableOf } from "../runtime/settings/setting.ts";
import { EXPECTED_REFERENCE, Reference } from "../runtime/settings/reference.ts";
import { GROUPS, processTable, serverTable, wholeTable } from "../runtime/settings/table.ts";
import { flagOf, RUNTIME_FLAGS } from "../runtime/runtime-config.ts";
import { RUNTIME_KEYS, RuntimeList } from "../server/runtimes-file.ts";
import { root } from "./engines.mjs";

const groupOf = ({ key }) => key?.split(".")[0];
const plain = (markdown) => markdown.replaceAll(/\[([^\]]+)\]\([^)]*\)/g, "$1");

const written = {
  "docs/yoi.config.schema.json": () => `${JSON.stringify(configSchema(), null, 2)}\n`,
  "docs/configuration.md": (old) => between(between(old, "settings", settingsTable()), "runtimes", runtimesTable()),
  "docs/runtime.md": (old) => between(old, "settings", processSettingsTable()),
};

let isFresh = true;
for (const [path, render] of Object.entries(written)) {
  const old = readIfThere(root + path);
  const fresh = render(old);
  if (fresh === old) continue;
  isFresh = false;
  if (!process.argv.includes("--check")) writeFileSync(root + path, fresh);
  else console.log(`${path} is not what the table of settings says: run node scripts/settings.mjs`);
}
if (!isFresh && process.argv.includes("--check")) process.exitCode = 1;

function configSchema() {
  const groups = Object.entries(GROUPS).map(([group, description]) => {
    const rows = Object.entries(wholeTable).filter(([, setting]) => groupOf(setting) === group);
    const properties = Object.fromEntries(
      rows.map(([name, setting]) => [setting.key.slice(group.length + 1), settingSchema(name, setting)]),
    );
    return [group, { description, type: "object", additionalProperties: false, properties }];
  });
  const list = schemaOf(RuntimeList);
  for (const [key, about] of Object.entries(RUNTIME_KEYS)) list.items.properties[key].description = about;
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    title: "Configuration of Yoi Workspace",
    description: "yoi.config.jsonc: JSON with comments and trailing commas. The environment wins over it.",
    type: "object",
    additionalProperties: false,
    allowComments: true,
    allowTrailingCommas: true,
    properties: {
      $schema: { type: "string", description: "Where this schema is, for editors." },
      ...Object.fromEntries(groups),
      runtimes: { description: "Runtimes in other processes.", ...list },
    },
  };
}

function settingSchema(name, { about, unit, kind, schema, fallback }) {
  const counted = unit === null ? "" : ` In ${unit}.`;
  const described = `${plain(about)}${counted} In the environment: ${name}.`;
  if (kind === "secret") {
    return {
      description: `${described} ${EXPECTED_REFERENCE[0].toUpperCase()}${EXPECTED_REFERENCE.slice(1)}.`,
      ...schemaOf(Reference),
    };
  }
  return { description: described, ...schemaOf(schema), ...(fallback === null ? {} : { default: fallback }) };
}

function schemaOf(schema) {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io: "input" });
  return rest;
}

function settingsTable() {
  const rows = sorted(serverTable).map(([name, setting]) => [
    setting.key === null ? "" : code(setting.key),
    setting.kind === "secret" ? `${code(name)}, ${code(fileVariableOf(name))}` : code(name),
    defaultOf(setting),
    valuesOf(setting),
    setting.about,
  ]);
  return table(["in the file", "in the environment", "default", "values", "meaning"], rows);
}

function processSettingsTable() {
  const rows = sorted(processTable).map(([name, setting]) => {
    const flag = RUNTIME_FLAGS.has(flagOf(name))
      ? flagOf(name)
      : RUNTIME_FLAGS.has(flagOf(fileVariableOf(name)))
        ? flagOf(fileVariableOf(name))
        : "";
    return [
      setting.key === null ? "" : code(setting.key),
      setting.kind === "secret" ? `${code(name)}, ${code(fileVariableOf(name))}` : code(name),
      flag === "" ? "" : code(flag),
      defaultOf(setting),
      setting.about,
    ];
  });
  return table(["in the file", "in the environment", "flag", "default", "meaning"], rows);
}

function runtimesTable() {
  return table(
    ["key", "meaning"],
    Object.entries(RUNTIME_KEYS).map(([key, about]) => [code(key), about]),
  );
}

/** By the groups of the file; those that have no place in it come first. */
function sorted(settings) {
  const order = [undefined, ...Object.keys(GROUPS)];
  return Object.entries(settings).toSorted(
    ([, one], [, other]) => order.indexOf(groupOf(one)) - order.indexOf(groupOf(other)),
  );
}

function defaultOf({ fallback }) {
  const text = encodeVariable(fallback);
  return text === "" ? "" : code(text);
}

function valuesOf({ kind, schema, unit }) {
  const { minimum, maximum, enum: words = [] } = schemaOf(schema);
  const counted = unit === null ? "" : ` ${unit}`;
  switch (kind) {
    case "integer":
    case "decimal":
      return maximum === Number.MAX_SAFE_INTEGER
        ? `${minimum}${counted} or more`
        : `${minimum} to ${maximum}${counted}`;
    case "choice":
      return words.map(code).join(", ");
    case "yes-no":
      return "`yes`, `no`; `true`, `false` in the file";
    case "list":
      return "a list, with commas in the environment";
    case "secret":
      return "a secret";
    default:
      return `a ${kind}`;
  }
}

function table(head, rows) {
  const line = (cells) => `|${cells.map((cell) => (cell === "" ? " |" : ` ${cell} |`)).join("")}`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}

function code(text) {
  return `\`${text}\``;
}

function between(document, name, content) {
  const [start, end] = [`<!-- ${name}: written by scripts/settings.mjs -->\n\n`, `\n\n<!-- ${name}: end -->`];
  const [from, to] = [document.indexOf(start), document.indexOf(end)];
  if (from === -1 || to === -1) throw new Error(`Cannot find where the table of ${name} belongs`);
  return document.slice(0, from + start.length) + content + document.slice(to);
}

function readIfThere(path) {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if (error.code === "ENOENT") return "";
    throw error;
  }
}
