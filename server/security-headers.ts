/**
 * What browsers are told about every answer.
 *
 * Owns the content security policy and its neighbours. Nothing is loaded from elsewhere and no script stands inside a page,
 * so the policy names this server alone.
 */
import type { MiddlewareHandler } from "hono";
import { secureHeaders } from "hono/secure-headers";

const SELF = "'self'";
const NONE = "'none'";

/**
 * Sets the headers on every answer.
 *
 * @param styles `inline` where a development server puts style sheets into the page.
 */
export function securityHeaders(styles: "files" | "inline"): MiddlewareHandler {
  return secureHeaders({
    contentSecurityPolicy: {
      defaultSrc: [NONE],
      scriptSrc: [SELF],
      styleSrc: styles === "files" ? [SELF] : [SELF, "'unsafe-inline'"],
      imgSrc: [SELF, "data:"],
      fontSrc: [SELF],
      connectSrc: [SELF],
      manifestSrc: [SELF],
      formAction: [SELF],
      baseUri: [NONE],
      frameAncestors: [NONE],
    },
    // Without a referrer, a form's own post would come from the origin `null`, which is refused.
    referrerPolicy: "same-origin",
    xFrameOptions: "DENY",
    crossOriginOpenerPolicy: "same-origin",
    crossOriginResourcePolicy: "same-origin",
    // Whoever ends TLS knows whether that name will always have it.
    strictTransportSecurity: false,
    permissionsPolicy: { camera: [], geolocation: [], microphone: [], payment: [], usb: [] },
  });
}
