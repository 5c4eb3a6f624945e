/** When the sockets of a server have their peers asked. */
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { SOCKET_PING_INTERVAL_MS } from "../../runtime/edge-limits.ts";
import { SocketWatch } from "../../runtime/node-socket-watch.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const QUARTER_MS = SOCKET_PING_INTERVAL_MS / 4;

test("SocketWatch asks each socket once an interval, those that came apart in turns apart", () => {
  const watch = new SocketWatch();
  const asked: string[] = [];
  const socket = (name: string) => ({ askPeer: () => void asked.push(name) });
  watch.add(socket("first"));
  vi.advanceTimersByTime(QUARTER_MS);
  watch.add(socket("second"));
  vi.advanceTimersByTime(SOCKET_PING_INTERVAL_MS - QUARTER_MS);
  expect(asked).toEqual(["first"]);
  vi.advanceTimersByTime(QUARTER_MS);
  expect(asked).toEqual(["first", "second"]);
  vi.advanceTimersByTime(SOCKET_PING_INTERVAL_MS);
  expect(asked).toEqual(["first", "second", "first", "second"]);
});

test("SocketWatch asks nobody who has been closed, and has no timer where nobody is left", () => {
  const watch = new SocketWatch();
  const asked: string[] = [];
  const stays = { askPeer: () => void asked.push("stays") };
  const goes = { askPeer: () => void asked.push("goes") };
  watch.add(stays);
  watch.add(goes);
  watch.delete(goes);
  vi.advanceTimersByTime(SOCKET_PING_INTERVAL_MS);
  expect(asked).toEqual(["stays"]);
  expect([...watch.sockets]).toEqual([stays]);
  watch.delete(stays);
  expect(vi.getTimerCount()).toBe(0);
});
