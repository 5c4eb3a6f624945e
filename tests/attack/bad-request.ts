/**
 * Bad requests, made from what an API says of itself.
 *
 * Owns the generators: the right request of an operation, broken in one or a few of the ways in which a stranger's may be
 * broken. It knows nothing of an API but its OpenAPI document and some ids that exist.
 */
import fc from "fast-check";
import type { DescribedOperation } from "../support/described-api.ts";

/** A request, as it is sent. */
export interface BadRequest {
  readonly method: string;
  /** As the document has it, e.g. `/api/runtimes/{runtime_id}`; null: it is not that address. */
  readonly path: string | null;
  readonly target: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array<ArrayBuffer> | null;
}

/** Ids that exist, by the names of the path's parameters. */
export type KnownIds = Readonly<Record<string, string>>;

const DEEP = 20_000;
const LONG_CHARS = 70_000;

/** Values that no field wants, or not there. */
const junk: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom<unknown>(null, true, false, 0, -1, -0, 0.5, 1e308, -1e308, Number.MAX_SAFE_INTEGER + 2, 2 ** 31),
  fc.constantFrom("", " ", "\u0000", "\ud800", "\udfff\ud800", "\u202e\u0000\r\nX: 1", "..", "../../etc/passwd", "%00"),
  fc.constantFrom("__proto__", "constructor", "toString", "null", "NaN", "-1", "1e9", "0x10", "{}", "[]"),
  fc.constant("x".repeat(LONG_CHARS)),
  fc.string({ unit: "binary", maxLength: 40 }),
  fc.string({ unit: "grapheme", maxLength: 40 }),
  fc.jsonValue({ maxDepth: 3 }),
  fc.constantFrom<unknown>([], {}, [[]], [null], { length: 3 }, { kind: "user" }, { kind: "__proto__" }),
  fc.constant(nested(200)),
);

function nested(depth: number): unknown {
  let value: unknown = "end";
  for (let level = 0; level < depth; level += 1) value = level % 2 === 0 ? [value] : { a: value };
  return value;
}

/** Keys that no object has, or that every object has. */
const strangeKey = fc.oneof(
  fc.constantFrom("__proto__", "constructor", "prototype", "hasOwnProperty", "toJSON", "then", "", "$ref", "kind"),
  fc.string({ maxLength: 12 }),
);

/** Sets a key as JSON has it: `__proto__` is a key like any other. */
function withKey(object: object, key: string, value: unknown): object {
  return Object.fromEntries([...Object.entries(object).filter(([name]) => name !== key), [key, value]]);
}

/** A value with one place in it changed: replaced, left out, or with something more beside it. */
function changed(value: unknown, names: readonly string[]): fc.Arbitrary<unknown> {
  if (typeof value !== "object" || value === null) return junk;
  const children = Object.entries(value);
  const isList = Array.isArray(value);
  const rebuilt = (entries: readonly (readonly [string, unknown])[]) =>
    isList ? entries.map(([, child]) => child) : Object.fromEntries(entries);
  return fc.oneof(
    junk,
    fc
      .tuple(fc.oneof(strangeKey, fc.constantFrom("kind", ...names)), junk)
      .map(([key, one]) => withKey(value, key, one)),
    ...(children.length === 0
      ? []
      : [
          fc.nat(children.length - 1).map((index) => rebuilt(children.filter((_, at) => at !== index))),
          fc.nat(children.length - 1).chain((index) => {
            const child = children[index]?.[1];
            return changed(child, []).map((one) =>
              rebuilt(children.map(([key, old], at) => [key, at === index ? one : old])),
            );
          }),
        ]),
  );
}

const encode = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text);

/** Bodies of an operation: its example changed, and what is no JSON at all. */
function bodyOf({ requestBody }: DescribedOperation, names: readonly string[]): fc.Arbitrary<Uint8Array<ArrayBuffer>> {
  const example = requestBody?.content["application/json"]?.example ?? {};
  const text = JSON.stringify(example);
  return fc.oneof(
    { weight: 8, arbitrary: changed(example, names).map((value) => encode(JSON.stringify(value) ?? "")) },
    { weight: 1, arbitrary: fc.nat(text.length).map((end) => encode(text.slice(0, end))) },
    { weight: 1, arbitrary: fc.uint8Array({ maxLength: 60 }).map((bytes) => new Uint8Array(bytes)) },
    {
      weight: 1,
      arbitrary: fc
        .constantFrom(
          "[".repeat(DEEP),
          '{"a":'.repeat(DEEP),
          `${"[".repeat(DEEP)}${"]".repeat(DEEP)}`,
          `${'{"content":'.repeat(DEEP)}1${"}".repeat(DEEP)}`,
          `\ufeff${text}`,
          `${text}${text}`,
          `${text.slice(0, -1)},}`,
          '{"content":1e99999,"reason":-1e99999}',
          '{"content":"a","content":{"a":1}}',
          '{"__proto__":{"content":"a"},"constructor":{"prototype":{"admin":true}}}',
          "",
          "null",
          "NaN",
          "undefined",
        )
        .map(encode),
    },
  );
}

const contentType = fc.oneof(
  { weight: 12, arbitrary: fc.constant("application/json") },
  fc.constantFrom(
    "",
    "text/plain",
    "text/html",
    "application/x-www-form-urlencoded",
    "multipart/form-data",
    "multipart/form-data; boundary=",
    "application/json; charset=utf-16",
    "application/problem+json",
    "application/jsonp",
    `application/${"x".repeat(300)}`,
    "/",
    ";",
  ),
);

const STRANGE_PARTS: readonly string[] = [
  ".. %2e%2e %2e%2e%2f %252e%252e %00 %ff %c0%ae %5c.. % __proto__ constructor".split(" "),
  "a.b a%0d%0aX:1 a%20b %F0%9F%92%A9 * nobody %2F ~".split(" "),
  ["-".repeat(1_000)],
].flat();

const pathPart = (known: string) =>
  fc.oneof(
    { weight: 5, arbitrary: fc.constant(known) },
    {
      weight: 1,
      arbitrary: fc.constantFrom(...STRANGE_PARTS),
    },
    {
      weight: 1,
      arbitrary: fc.string({ unit: "grapheme", maxLength: 12 }).map((text) => encodeURIComponent(text.toWellFormed())),
    },
  );

const cursor = fc.oneof(
  fc.constantFrom(
    "",
    "0",
    "nonsense",
    "bo_AAAABBBBCCCCDDDDEEEE.wo_0000000000000001",
    "x".repeat(257),
    "__proto__",
    "%",
  ),
  fc.stringMatching(/^b[a-z]_[A-Za-z0-9_-]{10,60}(\.[A-Za-z0-9_-]{1,60})?$/),
);

/** A query: names that the operation has and some that it has not, values that fit nothing, some of them twice. */
function queryOf({ parameters }: DescribedOperation): fc.Arbitrary<string> {
  const names = parameters.filter(({ in: place }) => place === "query").map(({ name }) => name);
  const value = fc.oneof(
    cursor,
    fc.integer().map(String),
    fc.double().map(String),
    fc.constantFrom("", "-1", "00", "1e3", "9".repeat(40), "0x1", " 1", "１", "true", "markdown", "[]"),
    fc.string({ maxLength: 40 }),
  );
  const pair = fc.tuple(fc.oneof(fc.constantFrom(...names, "limit", "cursor"), strangeKey), value);
  return fc.oneof(
    { weight: 1, arbitrary: fc.constant("") },
    {
      weight: 3,
      arbitrary: fc
        .array(pair, { minLength: 1, maxLength: 4 })
        .map((pairs) => `?${new URLSearchParams(pairs).toString()}`),
    },
    { weight: 1, arbitrary: fc.constantFrom("?", "?&&==", "?%", "?%ff=%ff", "?cursor", `?${"a=1&".repeat(500)}`) },
  );
}

const strangeHeader = fc.constantFrom<Readonly<Record<string, string>>>(
  {},
  {},
  {},
  { "X-HTTP-Method-Override": "DELETE" },
  { "X-Forwarded-Host": "evil.example", "X-Forwarded-For": "127.0.0.1, ::1, x", "X-Forwarded-Proto": "gopher" },
  { "X-Forwarded-Prefix": "//evil.example/../" },
  { "X-Request-Id": "x".repeat(4_000) },
  { Range: "bytes=0-0,-1,9999999999-" },
  { Accept: "text/html;q=9, */*;q=-1, \u00ff" },
  { "Accept-Language": `${"a-".repeat(900)}, ja;q=x` },
  { "Accept-Encoding": "gzip;q=0, br, \u00e9" },
  { Cookie: `yoi_session=${"0".repeat(64)}; __proto__=1; =; ;; locale=xx; theme="` },
  { Authorization: "Bearer " },
  { Authorization: `Basic ${"A".repeat(3_000)}` },
  { "Last-Event-ID": "nonsense" },
  { "If-None-Match": '"x"', "If-Modified-Since": "never" },
  { Origin: "null" },
);

/** The names of a schema's own fields. */
function fieldsOf(document: object, { requestBody }: DescribedOperation): readonly string[] {
  const schema = requestBody?.content["application/json"]?.schema ?? {};
  const reference = "$ref" in schema && typeof schema.$ref === "string" ? schema.$ref.split("/").slice(1) : [];
  let found: unknown = reference.length === 0 ? schema : document;
  for (const key of reference) found = (found as Record<string, unknown>)[key]; // why: its own reference names it
  return Object.keys((found as { readonly properties?: object }).properties ?? {}); // why: a schema has nothing else there
}

/** Bad requests to an operation. */
export function badRequestTo(
  document: object,
  operation: DescribedOperation,
  known: KnownIds,
): fc.Arbitrary<BadRequest> {
  const { method, path } = operation;
  const names = [...path.matchAll(/\{(\w+)\}/g)].map(([, name = ""]) => name);
  const parts = fc.tuple(...names.map((name) => pathPart(known[name] ?? "nobody")));
  const end = fc.oneof(
    { weight: 12, arbitrary: fc.constant("") },
    fc.constantFrom("/", "//", "/..", "%00", ";a=b", "/x"),
  );
  const hasBody = operation.requestBody !== undefined;
  const sends = hasBody ? method : fc.constantFrom(method, method, method, "DELETE", "PUT", "PATCH", "POST");
  return fc
    .record({
      parts,
      end,
      query: queryOf(operation),
      type: contentType,
      body: bodyOf(operation, fieldsOf(document, operation)),
      header: strangeHeader,
      method: typeof sends === "string" ? fc.constant(sends) : sends,
    })
    .map((made) => {
      const ids = [...made.parts];
      const target = path.replaceAll(/\{\w+\}/g, () => ids.shift() ?? "") + made.end + made.query;
      const takesBody = made.method !== "GET";
      return {
        method: made.method,
        path: made.end === "" ? path : null,
        target,
        headers: { ...made.header, ...(takesBody && made.type !== "" ? { "Content-Type": made.type } : {}) },
        body: takesBody ? made.body : null,
      };
    });
}
