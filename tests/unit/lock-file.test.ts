/** What is installed is what was meant: every package at one version, with its content's digest, from the registry alone. */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";

interface Locked {
  readonly version?: string;
  readonly integrity?: string;
  readonly resolved?: string;
  readonly link?: boolean;
}
type Kinds = Readonly<
  Partial<Record<"dependencies" | "devDependencies" | "optionalDependencies", Record<string, string>>>
>;

const read = (path: string): unknown => JSON.parse(readFileSync(path, "utf8"));
const project = read("package.json") as Kinds;
const lock = read("package-lock.json") as {
  readonly lockfileVersion: number;
  readonly packages: Readonly<Record<string, Locked & Kinds>>;
};
const KINDS = ["dependencies", "devDependencies", "optionalDependencies"] as const;

test("package.json asks for exact versions, and the lock file for the same", () => {
  for (const kind of KINDS) {
    const inexact = Object.entries(project[kind] ?? {}).filter(
      ([, version]) => !/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version),
    );
    expect(inexact).toEqual([]);
    expect(lock.packages[""]?.[kind]).toEqual(project[kind]);
  }
});

test("the lock file has a version and a digest of every package, and none from elsewhere", () => {
  const packages = Object.entries(lock.packages).filter(([path]) => path !== "");
  expect(packages.length).toBeGreaterThan(100);
  const loose = packages.filter(
    ([, { version, integrity, resolved, link }]) =>
      version === undefined || !integrity?.startsWith("sha512-") || resolved !== undefined || link === true,
  );
  expect(loose.map(([path]) => path)).toEqual([]);
});
