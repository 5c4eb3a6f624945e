/**
 * The least that Hono can serve, on whichever engine runs it: the peer of the start case.
 *
 * Owns one route and the line that tells where it listens.
 */
import process from "node:process";
import { Hono } from "hono";

const HOSTNAME = "127.0.0.1";

interface DenoServer {
  serve(
    options: { hostname: string; port: number; onListen: (address: { port: number }) => void },
    handler: (request: Request) => Response | Promise<Response>,
  ): unknown;
}

/** Listens on a free port. */
export async function start(): Promise<void> {
  const app = new Hono().get("/", (context) => context.html("<!doctype html><title>Hello</title><h1>Hello</h1>"));
  const announce = ({ port }: { port: number }) => console.log(`Hello is at http://${HOSTNAME}:${port}`);
  if ("deno" in process.versions) {
    const { Deno } = globalThis as unknown as { Deno: DenoServer }; // why: the bench is checked with Node's types
    Deno.serve({ hostname: HOSTNAME, port: 0, onListen: announce }, (request) => app.fetch(request));
    return;
  }
  const { serve } = await import("@hono/node-server");
  serve({ fetch: app.fetch, hostname: HOSTNAME, port: 0 }, announce);
}
