/**
 * Who a request comes from.
 *
 * Owns the kinds of visitors that the server tells apart. What each may see and do is the policy's matter.
 */

/** A visitor. */
export type Identity =
  /** Nobody is asked for a name: the server is on loopback, or its operator has let everybody in. */
  | { readonly kind: "anyone" }
  /** Someone who has logged in with the access token; `ended` aborts at logout or revocation. */
  | { readonly kind: "session"; readonly sessionId: string; readonly ended: AbortSignal }
  /** A program that sends the access token with each request. */
  | { readonly kind: "program" }
  /** Someone whom a trusted proxy names. */
  | { readonly kind: "user"; readonly name: string };

/** The identity where nobody is told apart. */
export const ANYONE: Identity = { kind: "anyone" };
