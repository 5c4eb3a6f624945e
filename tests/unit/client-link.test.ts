/** The client's link: what a slow reader and a platform without headers get, without a network. */
import { describe, expect, test, vi } from "vitest";
import { openLink } from "../../client/link.ts";
import { FakeWebSocket } from "../support/fake-web-socket.ts";

/** A socket that remembers its second argument. */
class LocalSocket extends FakeWebSocket {
  static readonly opened: LocalSocket[] = [];
  readonly protocols: unknown;

  constructor(url: string, protocols?: unknown) {
    super(url);
    this.protocols = protocols;
    LocalSocket.opened.push(this);
  }
}

/** As a browser's: what is no list of protocols is refused. */
class BrowserSocket extends LocalSocket {
  constructor(url: string, protocols?: unknown) {
    if (typeof protocols === "object") throw new DOMException("The subprotocol is invalid", "SyntaxError");
    super(url);
  }
}

const heartbeat = (ts: number) => ({ kind: "heartbeat", ts, interval_ms: 10_000, cursor: "bo_1" });

function open(Socket: typeof LocalSocket, token?: string) {
  const signal = new AbortController().signal;
  // why: the link uses no more of a socket than the local one has
  const link = openLink({ url: "ws://here/", token, signal, WebSocket: Socket as unknown as typeof WebSocket });
  return { link, socket: LocalSocket.opened.at(-1)! };
}

describe("openLink()", () => {
  test("is given up when its reader is far behind, and what came before is still read, in order", async () => {
    const { link, socket } = open(LocalSocket);
    socket.open();
    for (let ts = 0; ts < 5_000; ts += 1) socket.frame(heartbeat(ts));
    expect(socket.closedWith).toBe(3000);
    const times: number[] = [];
    let step = await link.next();
    while (step?.kind === "frame") {
      if (step.frame.kind === "heartbeat") times.push(step.frame.ts);
      step = await link.next();
    }
    expect(times).toEqual(Array.from({ length: 4_096 }, (_, ts) => ts));
    expect(step).toEqual({ kind: "closed", code: 1006, gotThrough: true });
  });

  test("knows a socket that brings nothing from one that falls silent later", async () => {
    vi.useFakeTimers();
    using mute = open(LocalSocket).link;
    LocalSocket.opened.at(-1)?.open();
    using heard = open(LocalSocket).link;
    LocalSocket.opened.at(-1)?.open();
    LocalSocket.opened.at(-1)?.frame(heartbeat(1));
    using never = open(LocalSocket).link;
    await vi.advanceTimersByTimeAsync(25_000);
    vi.useRealTimers();
    const closed = (gotThrough: boolean) => ({ kind: "closed", code: 1006, gotThrough });
    expect(await heard.next()).toEqual({ kind: "frame", frame: heartbeat(1) });
    expect([await never.next(), await mute.next(), await heard.next()]).toEqual([false, false, true].map(closed));
  });

  test("is kept while pieces of a frame come", async () => {
    vi.useFakeTimers();
    const { link, socket } = open(LocalSocket);
    socket.open();
    for (let piece = 0; piece < 4; piece += 1) {
      await vi.advanceTimersByTimeAsync(8_000);
      socket.progress();
    }
    socket.frame(heartbeat(1));
    vi.useRealTimers();
    expect(await link.next()).toEqual({ kind: "frame", frame: heartbeat(1) });
    link[Symbol.dispose]();
  });

  test("sends the token as a header where there is one, and nothing where there is none", () => {
    using withToken = open(LocalSocket, "secret").link;
    expect(LocalSocket.opened.at(-1)?.protocols).toEqual({ headers: { authorization: "Bearer secret" } });
    using without = open(LocalSocket).link;
    expect(LocalSocket.opened.at(-1)?.protocols).toBe(undefined);
    expect([withToken, without]).toHaveLength(2);
  });

  test("says what to do in a browser, which can't send a token with a socket", () => {
    expect(() => open(BrowserSocket, "secret")).toThrow("in a browser, log in and leave `token` out");
  });
});
