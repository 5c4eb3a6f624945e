/** Sees to it that the browser tests have a Firefox, by apt where it is missing. Run by the test command. */
import process from "node:process";
import { findFirefox } from "../tests/support/firefox.ts";
import { installByApt } from "./apt.mjs";

await installByApt({
  listMissing: () => (findFirefox() ? [] : ["firefox-esr"]),
  refusal: () => (process.env.FIREFOX_PATH ? `nothing is at FIREFOX_PATH (${process.env.FIREFOX_PATH})` : undefined),
  byHand: "Install Firefox (Debian: firefox-esr), or set FIREFOX_PATH to one.",
});
