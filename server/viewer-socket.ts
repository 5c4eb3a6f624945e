/**
 * A viewer's socket, as the relay needs it: what an observer's is to a Runtime.
 *
 * Owns the name only; the app makes one from the platform's WebSocket, or from a stream.
 */
export type { ObserverSocket as ViewerSocket } from "../runtime/observation/observer-socket.ts";
