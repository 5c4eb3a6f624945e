/**
 * The console in a real Firefox: every line of what a person has, done by another engine than Chromium's. One server, one
 * browser and mostly one tab for all of it; the suites are beside this file.
 */
import { afterAll, beforeAll, describe } from "vitest";
import { pageInFirefox } from "./firefox-page.ts";
import { FirefoxStage } from "./firefox-stage.ts";
import { transcriptInFirefox } from "./firefox-transcript.ts";
import { workspaceInFirefox } from "./firefox-workspace.ts";
import { writingInFirefox } from "./firefox-writing.ts";
import { leaveNoErrors } from "./leave-no-errors.ts";

const stage = new FirefoxStage();
beforeAll(() => stage.raise());
afterAll(() => stage.strike());
leaveNoErrors(() => stage);

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
