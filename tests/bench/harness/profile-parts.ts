/**
 * Which part of the server a function belongs to: a folder of the sources, a package, the engine, or the system.
 *
 * Owns the names of the parts. What the build has put into a chunk is found by the chunk's source map.
 */
import { existsSync, readFileSync } from "node:fs";
import { SourceMap } from "node:module";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import type { CallFrame, PartOf } from "./profile.ts";

const COLLECTOR = "(garbage collector)";
const PROGRAM = "(program)";
const PARTS = {
  collector: "garbage collection",
  write: "native: writing",
  message: "native: messages between threads",
  outside: "native: outside JavaScript",
  undici: "undici, as the engine has it",
  sockets: "engine: streams, sockets, HTTP",
  engine: "engine: other modules",
  chunks: "top level of the build's files",
  page: "browser: styles, layout, painting",
  document: "browser: the document's functions",
  unknown: "unknown",
} as const;

/** What a page's thread does that is no script. */
export const BROWSERS_OWN = PARTS.page;

/** The source of what the build itself wrote: it makes the modules that it has put together. */
const TOP_LEVEL = "top-level:";

/** Functions without a source that are worth a part of their own. What else is native counts for its caller. */
const WRITES = /^(?:write|writev|write[A-Z]\w*|op_(?:ws_(?:try_)?send\w*|ws_batch\w*|\w*_?write\w*))$/;
const MESSAGES = /^(?:postMessage|drain|drainMessagePort|receiveMessageOnPort|op_\w*_?post_message\w*)$/;

/** The engine's modules that every byte passes, in or out. */
const SOCKETS =
  /^(?:node:(?:net|http|_http_\w+|stream|internal\/(?:streams|webstreams|stream_base))|ext:deno_(?:http|net|websocket)\b|ext:\S*(?:_streams\.js|\/net\.ts|\/streams\/))/;

/**
 * The same for a browser's page. @param root The project's folder, absolute
 * @param built The folder of what was built, with its source maps
 */
export function createPagePartOf(root: string, built: string): PartOf {
  const sourceIn = createSourceIn();
  return (frame, callers) => {
    const { functionName, url } = frame;
    if (functionName === COLLECTOR) return PARTS.collector;
    if (functionName === PROGRAM) return PARTS.page;
    // What a script calls that is none: the document's functions, for the engine's own count for whoever calls them.
    if (url === "" && callers.length > 1) return PARTS.document;
    const scripted = [frame, ...callers].find((one) => one.url !== "");
    if (scripted === undefined) return PARTS.page;
    const path = join(built, new URL(scripted.url).pathname);
    return existsSync(`${path}.map`) ? partOfSource(sourceIn(path, scripted), root) : PARTS.unknown;
  };
}

/** The part of each character of a file that was built, in order. */
export function* partsOfBuilt(root: string, path: string): Generator<{ readonly part: string; readonly text: string }> {
  const sourceIn = createSourceIn();
  for (const [lineNumber, line] of readFileSync(path, "utf8").split("\n").entries()) {
    for (let columnNumber = 0; columnNumber < line.length; columnNumber += 1) {
      yield { part: partOfSource(sourceIn(path, { lineNumber, columnNumber }), root), text: line[columnNumber] ?? "" };
    }
  }
}

/** Names parts by where the sources are. @param root The project's folder, absolute */
export function createPartOf(root: string, sourceOf: (frame: CallFrame) => string = createSourceOf()): PartOf {
  return (frame, callers) => {
    const { functionName } = frame;
    if (functionName === COLLECTOR) return PARTS.collector;
    if (frame.url === "") {
      if (WRITES.test(functionName)) return PARTS.write;
      if (MESSAGES.test(functionName)) return PARTS.message;
    }
    const scripted = [frame, ...callers].find(({ url }) => url !== "");
    return scripted === undefined ? PARTS.outside : partOfSource(sourceOf(scripted), root);
  };
}

/** `/srv/yoi/runtime/store/sqlite.ts` → `runtime/store/`, `…/node_modules/openai/core.js` → `openai`. */
function partOfSource(source: string, root: string): string {
  if (/^(?:node:internal\/deps\/undici|ext:deno_fetch)/.test(source)) return PARTS.undici;
  if (source === TOP_LEVEL) return PARTS.chunks;
  if (/^(?:node|ext):/.test(source)) return SOCKETS.test(source) ? PARTS.sockets : PARTS.engine;
  const packaged = /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(source)?.[1];
  if (packaged !== undefined) return packaged;
  const path = source.startsWith(`${root}/`) ? source.slice(root.length + 1) : "";
  const folders = path.split("/").slice(0, -1);
  return folders.length === 0 ? PARTS.unknown : `${folders.slice(0, 2).join("/")}/`;
}

/** Where a function was written: a path, or the address of what is no file. */
function createSourceOf(): (frame: CallFrame) => string {
  const sourceIn = createSourceIn();
  return (frame) => (frame.url.startsWith("file:") ? sourceIn(fileURLToPath(frame.url), frame) : frame.url);
}

/** Where something in a file was written: a path. Each source map is read once. */
function createSourceIn() {
  const maps = new Map<string, SourceMap | null>();
  return (path: string, { lineNumber, columnNumber }: Pick<CallFrame, "lineNumber" | "columnNumber">): string => {
    let map = maps.get(path);
    if (map === undefined) {
      const mapPath = `${path}.map`;
      map = existsSync(mapPath) ? new SourceMap(JSON.parse(readFileSync(mapPath, "utf8"))) : null;
      maps.set(path, map);
    }
    if (map === null) return path;
    const entry = map.findEntry(lineNumber, columnNumber);
    // A segment may be of no source at all.
    const source: string | undefined = "originalSource" in entry ? entry.originalSource : undefined;
    return source === undefined ? TOP_LEVEL : resolve(dirname(path), source);
  };
}
