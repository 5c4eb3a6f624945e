/**
 * The sockets of one server that are open, and whether their peers are still there.
 *
 * Owns the set of them and the one timer that has all of their peers asked: the system finds a silent one only as long as
 * nothing is sent to it, and gives up on what is sent after a quarter of an hour.
 */
import { SOCKET_PING_INTERVAL_MS } from "./edge-limits.ts";

/** Who can be asked. */
export interface WatchedSocket {
  /** Asks the peer whether it is there; lets go of one that has said nothing since it was asked last. */
  askPeer(): void;
}

/** In how many turns all of them are asked: not thousands in one moment. */
const TURNS = 12;

/** Sockets by the turn in which they are asked. */
export class SocketWatch<Watched extends WatchedSocket> {
  readonly #turnOf = new Map<Watched, number>();
  #turn = 0;
  #timer: ReturnType<typeof setInterval> | null = null;

  get sockets(): Iterable<Watched> {
    return this.#turnOf.keys();
  }

  /** Watches over a socket until it is closed; its turn is the one that has just been. */
  add(socket: Watched): void {
    this.#turnOf.set(socket, this.#turn);
    this.#timer ??= setInterval(() => this.#askNext(), SOCKET_PING_INTERVAL_MS / TURNS);
  }

  delete(socket: Watched): void {
    this.#turnOf.delete(socket);
    if (this.#turnOf.size > 0 || this.#timer === null) return;
    clearInterval(this.#timer);
    this.#timer = null;
  }

  #askNext(): void {
    this.#turn = (this.#turn + 1) % TURNS;
    for (const [socket, turn] of this.#turnOf) if (turn === this.#turn) socket.askPeer();
  }
}
