/**
 * Segments: what a person's message is made of.
 *
 * Owns the known kinds and their flattening to plain text. An unknown kind stays as it came.
 */
import * as z from "zod/mini";
import { uint } from "./number.ts";
import { knownTags, openUnion, type UnknownVariant } from "./open-union.ts";

const KnownSegment = z.discriminatedUnion("kind", [
  z.looseObject({ kind: z.literal("text"), content: z.string() }),
  z.looseObject({ kind: z.literal("paste"), id: uint, chars: uint, lines: uint, content: z.string() }),
  z.looseObject({ kind: z.literal("file_ref"), path: z.string() }),
  z.looseObject({ kind: z.literal("knowledge_ref"), slug: z.string() }),
  z.looseObject({ kind: z.literal("workflow_invoke"), slug: z.string() }),
  z.looseObject({ kind: z.literal("unknown") }),
]);
type KnownSegment = z.infer<typeof KnownSegment>;

const KNOWN_KINDS = knownTags(KnownSegment);

/** `{"kind":"text","content":"count the files"}` and its siblings. */
export const Segment = openUnion(KnownSegment);
export type Segment = KnownSegment | UnknownVariant<"kind">;

/** Whether this side knows the segment's kind, so that its fields may be read. */
export function isKnownSegment(segment: Segment): segment is KnownSegment {
  return KNOWN_KINDS.has(segment.kind);
}

/** A plain text segment. */
export function textSegment(content: string): Segment {
  return { kind: "text", content };
}

/** What a person sees of a message as plain text; references keep their marks: `@path`, `#slug`, `/slug`. */
export function flattenSegments(segments: readonly Segment[]): string {
  return segments.map(flattenSegment).join("");
}

function flattenSegment(segment: Segment): string {
  if (!isKnownSegment(segment)) return "[unknown input segment]";
  switch (segment.kind) {
    case "text":
    case "paste":
      return segment.content;
    case "file_ref":
      return `@${segment.path}`;
    case "knowledge_ref":
      return `#${segment.slug}`;
    case "workflow_invoke":
      return `/${segment.slug}`;
    case "unknown":
      return "[unknown input segment]";
  }
}
