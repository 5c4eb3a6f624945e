/**
 * Which part of the server a function belongs to: a folder of the sources, a package, the engine, or the system.
 *
 * Owns the names of the parts. What the build has put into a chunk is found by the chunk's source map.
 */
import { existsSync, readFileSync } from "node:fs";
import { SourceMap } from "node:module";
import { dirname, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import type { CallFrame, PartOf } from "./profile.ts";

const COLLECTOR = "(garbage collector)";
const PARTS = {
  collector: "garbage collection",
  write: "native: writing",
  message: "native: messages between threads",
  outside: "native: outside JavaScript",
  undici: "undici, as the engine has it",
  sockets: "engine: streams, sockets, HTTP",
  engine: "engine: other modules",
  chunks: "top level of the build's files",
  unknown: "unknown",
} as const;

/** The source of what the build itself wrote: it makes the modules that it has put together. */
const TOP_LEVEL = "top-level:";

/** Functions without a source that are worth a part of their own. What else is native counts for its caller. */
const WRITES = /^(?:write|writev|write[A-Z]\w*|op_(?:ws_(?:try_)?send\w*|ws_batch\w*|\w*_?write\w*))$/;
const MESSAGES = /^(?:postMessage|drain|drainMessagePort|receiveMessageOnPort|op_\w*_?post_message\w*)$/;

/** The engine's modules that every byte passes, in or out. */
const SOCKETS =
  /^(?:node:(?:net|http|_http_\w+|stream|internal\/(?:streams|webstreams|stream_base))|ext:deno_(?:http|net|websocket)\b|ext:\S*(?:_streams\.js|\/net\.ts|\/streams\/))/;

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

/** Where a function was written: a path, or the address of what is no file. Each source map is read once. */
function createSourceOf(): (frame: CallFrame) => string {
  const maps = new Map<string, SourceMap | null>();
  return ({ url, lineNumber, columnNumber }) => {
    if (!url.startsWith("file:")) return url;
    const path = fileURLToPath(url);
    let map = maps.get(path);
    if (map === undefined) {
      const mapPath = `${path}.map`;
      map = existsSync(mapPath) ? new SourceMap(JSON.parse(readFileSync(mapPath, "utf8"))) : null;
      maps.set(path, map);
    }
    if (map === null) return path;
    const entry = map.findEntry(lineNumber, columnNumber);
    return "originalSource" in entry ? resolve(dirname(path), entry.originalSource) : TOP_LEVEL;
  };
}
