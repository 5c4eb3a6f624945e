/** A secret shows itself in no way that happens by accident. */
import { format, inspect } from "node:util";
import { expect, test } from "vitest";
import { Secret } from "../../runtime/secret.ts";

const TEXT = "canary-text";
const secret = new Secret(TEXT);

test("Secret.reveal() gives the text", () => {
  expect(secret.reveal()).toBe(TEXT);
});

test.each([
  ["a longer text", () => ["text: ", secret].join("")],
  ["JSON", () => JSON.stringify({ secret })],
  ["inspection", () => inspect({ secret }, { depth: 5, showHidden: true })],
  ["a format", () => format("%s %o %j", secret, secret, secret)],
  ["its own entries", () => JSON.stringify([Object.entries(secret), Object.getOwnPropertyNames(secret)])],
  ["a copy", () => JSON.stringify(Object.assign({}, secret))],
  ["a structured clone", () => JSON.stringify(structuredClone(secret))],
])("Secret does not show itself in %s", (_way, show) => {
  expect(show()).not.toContain(TEXT);
});
