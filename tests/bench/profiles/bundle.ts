/**
 * What explains the figures of `bundle`: which part of the sources, and which package, the script's bytes come from.
 *
 * Owns the table. Which files are counted is the case's.
 */
import { join } from "node:path";
import process from "node:process";
import { partsOfBuilt } from "../harness/profile-parts.ts";
import { sharesTable, type Breakdown, type ProfileSection } from "../harness/profile-table.ts";
import { sharesOf } from "../harness/profile.ts";

const BYTES_PER_KILOBYTE = 1_000;

/** @param folder Of what was built, with source maps; @param groups files of it, by what they are */
export function profileScripts(
  folder: string,
  groups: readonly (readonly [string, readonly string[]])[],
): readonly ProfileSection[] {
  const columns = groups.map(([subject, paths]): Breakdown => {
    const files = paths.map((path) => bytesByPart(join(folder, path)));
    const bytes = files.flatMap((file) => [...file.values()]).reduce((sum, size) => sum + size, 0);
    return { subject, parts: sharesOf(files, 0), total: Math.round(bytes / BYTES_PER_KILOBYTE) };
  });
  return [
    {
      says: "Where the script comes from, by the build's source maps: shares of its bytes before they are compressed.",
      table: sharesTable("where it comes from", "kB", columns),
    },
  ];
}

function bytesByPart(path: string): ReadonlyMap<string, number> {
  const sums = new Map<string, number>();
  for (const { part, text } of partsOfBuilt(process.cwd(), path)) {
    sums.set(part, (sums.get(part) ?? 0) + Buffer.byteLength(text));
  }
  return sums;
}
