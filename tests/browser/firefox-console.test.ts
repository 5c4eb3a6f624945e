/**
 * The console in a real Firefox: every line of what a person has, done by another engine than Chromium's. One server, one
 * browser and mostly one tab for all of it; the suites are beside this file.
 */
import { afterAll, afterEach, beforeAll, describe } from "vitest";
import { pageInFirefox } from "./firefox-page.ts";
import { FirefoxStage } from "./firefox-stage.ts";
import { transcriptInFirefox } from "./firefox-transcript.ts";
import { workspaceInFirefox } from "./firefox-workspace.ts";
import { writingInFirefox } from "./firefox-writing.ts";

const stage = new FirefoxStage();
beforeAll(() => stage.raise());
afterAll(() => stage.strike());
afterEach(async () => {
  const complaints = await stage.clear();
  if (complaints.length > 0) throw new Error(`There were errors in the browser: ${complaints.join("\n")}`);
});

describe("In Firefox the page", () => {
  pageInFirefox(stage);
});
describe("In Firefox the conversation", () => {
  transcriptInFirefox(stage);
});
describe("In Firefox the message box", () => {
  writingInFirefox(stage);
});
describe("In Firefox the workspace", () => {
  workspaceInFirefox(stage);
});
