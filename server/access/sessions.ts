/**
 * Who has logged in.
 *
 * Owns the sessions: made by a login, found by the secret in a cookie, ended by logout, revocation or age. Only digests of
 * the secrets are kept, so that whoever reads the file can't log in with it. Bounded: the session that was used longest ago
 * makes room.
 */
import * as z from "zod/mini";
import { ProblemError } from "../../protocol/problem.ts";
import { randomHex, type Clock, type Random } from "../../runtime/clock.ts";
import { digest, digestText } from "../../runtime/digest.ts";
import type { KeptFile } from "../kept-file.ts";

const SECRET_BYTES = 32;
/** How long a login lasts without a visit. */
export const SESSION_IDLE_MS = 30 * 24 * 3_600_000;
const MAX_SESSIONS = 1_000;
/** A visit is written down this seldom. */
const TOUCH_MS = 3_600_000;

/** A session as it is kept: `{"id":"…","created_ts":…,"seen_ts":…}`. */
const KeptSession = z.object({
  /** Digest of its secret. */
  id: z.string().check(z.regex(/^[0-9a-f]{64}$/)),
  created_ts: z.number(),
  seen_ts: z.number(),
});
const KeptSessions = z.object({
  version: z.literal(1),
  /** Of the token that they were begun with. */
  mark: z.string(),
  sessions: z.array(KeptSession).check(z.maxLength(MAX_SESSIONS)),
});

/** What sessions are made of. */
export interface SessionsOptions {
  readonly clock: Pick<Clock, "now">;
  readonly random: Random;
  /** Where they outlive the process; null: they end with it. */
  readonly file: KeptFile | null;
  /** Tells the token that they are begun with from another, without telling the token. */
  readonly mark: string;
}

/** Someone's session. */
export interface Session {
  readonly id: string;
  /** Whether its time has begun anew with this visit: its cookie's is to do so too. */
  readonly isRenewed: boolean;
  /** Aborted when it has ended. */
  readonly ended: AbortSignal;
}

interface Open {
  readonly createdTs: number;
  seenTs: number;
  readonly ending: AbortController;
}

/** All sessions of a server. */
export class Sessions {
  readonly #clock: Pick<Clock, "now">;
  readonly #random: Random;
  readonly #file: KeptFile | null;
  readonly #mark: string;
  readonly #open = new Map<string, Open>();
  #writing: Promise<void> = Promise.resolve();

  private constructor({ clock, random, file, mark }: SessionsOptions) {
    this.#clock = clock;
    this.#random = random;
    this.#file = file;
    this.#mark = mark;
  }

  /** The sessions that a file has; one that can't be read, or is of another token, counts as empty. */
  static async load(options: SessionsOptions): Promise<Sessions> {
    const sessions = new Sessions(options);
    const json = (await options.file?.read()) ?? null;
    for (const { id, created_ts: createdTs, seen_ts: seenTs } of json === null ? [] : parseKept(json, options.mark)) {
      sessions.#open.set(id, { createdTs, seenTs, ending: new AbortController() });
    }
    return sessions;
  }

  /** Begins a session; one that can't be written down ends with the process. @returns the secret for its cookie */
  async begin(): Promise<string> {
    const secret = randomHex(this.#random, SECRET_BYTES);
    const id = digestText(await digest(secret));
    const now = this.#clock.now();
    // In one step with what it makes room for: a file with more sessions than there may be counts as empty.
    this.#forgetOld(now);
    this.#open.set(id, { createdTs: now, seenTs: now, ending: new AbortController() });
    await this.#write().catch(() => {});
    return secret;
  }

  /**
   * The session of a cookie's secret, or null where there is none any more.
   *
   * @param mayRenew Whether its time may begin anew: whoever asks then keeps the cookie's too.
   */
  async find(secret: string, mayRenew = true): Promise<Session | null> {
    const id = digestText(await digest(secret));
    const open = this.#open.get(id);
    const now = this.#clock.now();
    if (open === undefined) return null;
    if (now - open.seenTs >= SESSION_IDLE_MS) {
      this.#end(id);
      return null;
    }
    const isRenewed = mayRenew && now - open.seenTs >= TOUCH_MS;
    if (isRenewed) {
      open.seenTs = now;
      void this.#write();
    }
    return { id, isRenewed, ended: open.ending.signal };
  }

  /** Ends one session, with the sockets that it has open. */
  async end(id: string): Promise<void> {
    this.#end(id);
    await this.#write();
  }

  /** Ends every session. */
  async endAll(): Promise<void> {
    for (const id of this.#open.keys()) this.#end(id);
    await this.#write();
  }

  #end(id: string): void {
    this.#open.get(id)?.ending.abort();
    this.#open.delete(id);
  }

  #forgetOld(now: number): void {
    for (const [id, { seenTs }] of this.#open) if (now - seenTs >= SESSION_IDLE_MS) this.#end(id);
    while (this.#open.size >= MAX_SESSIONS) {
      const [oldest] = [...this.#open].toSorted(([, a], [, b]) => a.seenTs - b.seenTs);
      if (oldest === undefined) return;
      this.#end(oldest[0]);
    }
  }

  /** @throws ProblemError store_failed: what has ended may hold again after a restart */
  #write(): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#writing = this.#writing.then(async () => {
      const sessions = [...this.#open].map(([id, { createdTs, seenTs }]) => ({
        id,
        created_ts: createdTs,
        seen_ts: seenTs,
      }));
      try {
        await this.#file?.write(JSON.stringify({ version: 1, mark: this.#mark, sessions }));
        resolve();
      } catch (cause) {
        const detail = "The login has ended, but that could not be written down: after a restart it may hold again.";
        reject(new ProblemError("store_failed", detail, { cause }));
      }
    });
    promise.catch(() => {});
    return promise;
  }
}

function parseKept(json: string, mark: string): z.infer<typeof KeptSessions>["sessions"] {
  try {
    const kept = KeptSessions.parse(JSON.parse(json));
    return kept.mark === mark ? kept.sessions : [];
  } catch {
    return [];
  }
}
