/**
 * The name of the cookie by which the server knows a person who has logged in.
 */
export const SESSION_COOKIE = "yoi_session";
