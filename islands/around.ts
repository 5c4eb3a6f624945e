/**
 * What comes alive around the message box, a moment after it: the list of Workers, the link and its state, the ways to what
 * stands above the page. One file of the browser's, so that a page carries less before somebody can write.
 */
export { default as ReconnectingWebSocket } from "partysocket/ws";
export { AwayNotice } from "./away/away-notice.tsx";
export { LinkStatus } from "./status/link-status.tsx";
export { listenForTools } from "./tools/listen.ts";
export { createToolOpener } from "./tools/open-tool.tsx";
export { WorkerNav } from "./workers/worker-nav.tsx";
