/**
 * The folder arrows, read from the sources themselves: what each folder may import, and that platform names stand only in
 * platform files. The linter says the same sooner, in the editor; this says it by resolved path, for every form of import.
 */
import { globSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { parseSync } from "vite";
import { describe, expect, test } from "vitest";

interface Import {
  file: string;
  specifier: string;
  isTypeOnly: boolean;
}

const folders = ["protocol", "client", "prompts", "runtime", "server", "routes", "islands"];

/** Folders whose values a folder may import besides its own; and those of which it sees types only. */
const arrows: Record<string, { values: string[]; types: string[] }> = {
  protocol: { values: [], types: [] },
  prompts: { values: ["protocol"], types: [] },
  runtime: { values: ["prompts", "protocol"], types: [] },
  client: { values: ["protocol"], types: [] },
  islands: { values: ["client", "protocol"], types: [] },
  routes: { values: ["islands", "protocol"], types: ["server"] },
  server: { values: ["routes", "runtime", "prompts", "islands", "protocol"], types: [] },
};

const platformFile = /^(server\/dev|(server|runtime)\/(node|deno)(-[\w-]+)?|client\/examples\/[\w-]+)\.ts$/;
const sqliteStore = /^runtime\/store\/sqlite[\w-]*\.ts$/;
const runtimeFace = /^runtime\/(.*\/)?(rest|observation|remote)[\w-]*(\/|\.ts$)|^runtime\/(node|deno)(-[\w-]+)?\.ts$/;
const network = /^(hono|@hono|ws|partysocket)(\/|$)|^(node:)?(http|https|http2|net|tls|dgram)(\/|$)/;

const files = globSync(`{${folders.join(",")}}/**/*.{ts,tsx}`).map((path) => path.replaceAll("\\", "/"));
const sources = new Map(files.map((file) => [file, readSource(file, readFileSync(file, "utf8"))]));
const imports = [...sources.values()].flatMap((source) => source.imports);

describe("folder arrows", () => {
  test("the sources are found", () => {
    expect(imports.length).toBeGreaterThan(0);
  });

  test.each(folders)("%s/ imports only along its arrows", (folder) => {
    const allowed = arrows[folder]!;
    const wrong = from(folder).filter(({ file, specifier, isTypeOnly }) => {
      const target = targetFolder(file, specifier);
      if (target === undefined || target === folder || allowed.values.includes(target)) return false;
      return !(isTypeOnly && allowed.types.includes(target));
    });
    expect(wrong).toEqual([]);
  });

  test("protocol/ imports no package but zod/mini", () => {
    expect(from("protocol").filter(({ specifier }) => isPackage(specifier) && specifier !== "zod/mini")).toEqual([]);
  });

  test("islands/ imports zod only as zod/mini", () => {
    expect(from("islands").filter(({ specifier }) => /^zod(\/|$)/.test(specifier) && specifier !== "zod/mini")).toEqual(
      [],
    );
  });

  test("client/ imports no package but zod/mini", () => {
    const wrong = from("client").filter(({ file }) => !file.startsWith("client/examples/"));
    expect(wrong.filter(({ specifier }) => isPackage(specifier) && specifier !== "zod/mini")).toEqual([]);
  });

  test("the Runtime's core imports no network", () => {
    const core = from("runtime").filter(({ file }) => !runtimeFace.test(file));
    expect(core.filter(({ specifier }) => network.test(specifier))).toEqual([]);
  });

  test("the Runtime's core does not import the Runtime's faces", () => {
    const core = from("runtime").filter(({ file }) => !runtimeFace.test(file));
    const wrong = core.filter(
      ({ file, specifier, isTypeOnly }) =>
        !isTypeOnly && !isPackage(specifier) && runtimeFace.test(resolve(file, specifier)),
    );
    expect(wrong).toEqual([]);
  });
});

describe("platform names", () => {
  test("node: modules are imported only in platform files and the SQLite store", () => {
    const wrong = imports.filter(
      ({ file, specifier }) => specifier.startsWith("node:") && !platformFile.test(file) && !sqliteStore.test(file),
    );
    expect(wrong).toEqual([]);
  });

  test("Deno and process are named only in platform files", () => {
    const wrong = [...sources].filter(
      ([file, { platformNames }]) => platformNames.length > 0 && !platformFile.test(file),
    );
    expect(wrong.map(([file]) => file)).toEqual([]);
  });
});

describe("readSource()", () => {
  test("finds every form of import and of a platform name, and tells types from values", () => {
    const source = `
      import a from "./a.ts";
      import type { B } from "./b.ts";
      // Under verbatimModuleSyntax an import of nothing but inline types still loads the module.
      import { type C, type D } from "./c.ts";
      export * from "./d.ts";
      export type { E } from "./e.ts";
      import "./f.css";
      import text from "./g.md" with { type: "text" };
      const h = await import("./h.ts");
      type I = import("./i.ts").I;
      const prose = 'Deno.serve is not imported from "nowhere"; // process.exit';
      worker.process.exit(globalThis.process.pid, Deno.pid);
    `;
    const { imports, platformNames } = readSource("runtime/x.ts", source);
    expect(imports.map(({ specifier, isTypeOnly }) => [specifier, isTypeOnly])).toEqual([
      ["./a.ts", false],
      ["./b.ts", true],
      ["./c.ts", false],
      ["./d.ts", false],
      ["./e.ts", true],
      ["./f.css", false],
      ["./g.md", false],
      ["./h.ts", false],
      ["./i.ts", true],
    ]);
    expect(platformNames).toEqual(["process", "Deno"]);
  });
});

function from(folder: string): Import[] {
  return imports.filter(({ file }) => file.startsWith(`${folder}/`));
}

function readSource(file: string, source: string): { imports: Import[]; platformNames: string[] } {
  const { program, errors } = parseSync(file, source);
  expect(errors, file).toEqual([]);
  const imports: Import[] = [];
  const platformNames: string[] = [];
  walk(program, (node) => {
    const specifier = node["source"]?.value;
    if (typeof specifier === "string") {
      const isTypeOnly = node.type === "TSImportType" || [node["importKind"], node["exportKind"]].includes("type");
      imports.push({ file, specifier, isTypeOnly });
    }
    if (node.type === "MemberExpression") {
      const { object, property } = node;
      const name = object.name === "globalThis" ? property.name : object.name;
      if (name === "Deno" || name === "process") platformNames.push(name);
    }
  });
  return { imports, platformNames };
}

// why: any — the walk takes every kind of node alike, and reads what a few kinds have.
// oxlint-disable-next-line typescript/no-explicit-any
type Node = { type: string } & Record<string, any>;

function walk(value: unknown, visit: (node: Node) => void): void {
  if (typeof value !== "object" || value === null) return;
  if ("type" in value && typeof value.type === "string") visit(value as Node); // why: just seen to be one
  for (const child of Object.values(value)) walk(child, visit);
}

function isPackage(specifier: string): boolean {
  return !specifier.startsWith(".");
}

function resolve(file: string, specifier: string): string {
  return normalize(join(dirname(file), specifier)).replaceAll("\\", "/");
}

function targetFolder(file: string, specifier: string): string | undefined {
  return isPackage(specifier) ? undefined : resolve(file, specifier).split("/")[0];
}
