/**
 * Every address of the console, on whatever path the app is served.
 *
 * Owns the one place that knows the base; pages, islands and the files' own addresses all come through it.
 */
import * as z from "zod/mini";
import type { RuntimeId, WorkerRef } from "../protocol/id.ts";

/** Where the app is served: `/`, or a prefix such as `/yoi/`. */
export const BasePath = z.string().check(z.regex(/^\/(?:[^/?#]+\/)*$/));

/** Formats in which a conversation can be taken along. */
export type ExportFormat = "markdown" | "json";

/** Path of a Worker's resources, e.g. `/api/runtimes/backend-internal/workers/companion`. */
export function workerApiPath(ref: WorkerRef, base = "/"): string {
  return `${base}api/${workerSteps(ref)}`;
}

/** Path of a Worker's page. */
export function workerPagePath(ref: WorkerRef, base = "/"): string {
  return base + workerSteps(ref);
}

function workerSteps(ref: WorkerRef): string {
  return `runtimes/${encodeURIComponent(ref.runtime_id)}/workers/${encodeURIComponent(ref.worker_id)}`;
}

/** The addresses under a base. */
export function createPaths(base: string) {
  return {
    /** The workspace itself: its first Worker's page. */
    home: base,
    workerPage: (ref: WorkerRef) => workerPagePath(ref, base),
    workerApi: (ref: WorkerRef) => workerApiPath(ref, base),
    /** Where a conversation is downloaded. */
    exportOf: (ref: WorkerRef, format: ExportFormat) => `${workerApiPath(ref, base)}/export?format=${format}`,
    logOut: `${base}logout`,
    workers: `${base}api/workers`,
    runtimes: `${base}api/runtimes`,
    runtimeWorkers: (runtimeId: RuntimeId) => `${base}api/runtimes/${encodeURIComponent(runtimeId)}/workers`,
    /** A file of the app, by its path below the base: `/assets/main.js`. */
    file: (path: string) => (path.startsWith("/") ? base + path.slice(1) : path),
  };
}
export type Paths = ReturnType<typeof createPaths>;
