/** Texts that try to become the page's own, in a real browser under the server's own policy: none of them runs. */
import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { toolMessagesFor } from "../../islands/messages-tools.ts";
import { conversationFile } from "../support/conversation-file.ts";
import { MARKUP_ATTACKS } from "../support/markup-attacks.ts";
import { onProvider } from "./on-provider.ts";

const words = toolMessagesFor("en");
/** Some stand together, so that a page has room for all of them; those that swallow what follows stand last. */
const PER_MESSAGE = 6;
const PIECE_CHARS = 7;

/** Elements that stand in messages: text, listings, tables, formulas, and the console's own around them. */
const ALLOWED =
  "a p h1 h2 h3 h4 h5 h6 strong em del code pre ul ol li input br hr blockquote table thead tbody tr th td div span " +
  "nav dialog figure figcaption button details summary article section header footer time svg path use circle rect line polyline " +
  "math semantics mrow mi mo mn ms mtext mspace mstyle mpadded mphantom mfrac msqrt mroot msub msup msubsup munder mover " +
  "munderover mmultiscripts mprescripts mtable mtr mtd menclose merror b kbd small mark";

interface Watch {
  readonly found: string[];
}

/** Runs in the page, before anything of its own: notes whatever is called, refused or added that should not be. */
function watch(allowed: string): void {
  const found: string[] = [];
  Object.assign(window, { watch: { found } });
  const note = (what: string) => void (found.length < 100 && found.push(what));
  for (const name of ["pwned", "alert", "confirm", "prompt", "print", "open"]) {
    Object.assign(window, { [name]: (argument: unknown) => note(`${name}(${String(argument)}) was called`) });
  }
  document.addEventListener("securitypolicyviolation", ({ violatedDirective, blockedURI }) => {
    note(`the policy refused ${violatedDirective} ${blockedURI}`);
  });
  const tags = new Set(allowed.split(" "));
  const look = (element: Element) => {
    if (element.closest('[role="log"], dialog, nav, h1') === null) return;
    const tag = element.localName;
    if (!tags.has(tag)) note(`<${tag}> was added`);
    for (const { name, value } of element.attributes) {
      if (/^on|^(?:srcdoc|formaction|action|ping|background|xlink:href|srcset)$/.test(name))
        note(`${tag} ${name}=${value}`);
      if (name === "src" && !value.startsWith("/")) note(`${tag} src=${value}`);
      const isSafe = /^(?:https?:\/\/|mailto:|#|\/(?!\/)|\?before=\d+$)/i.test(value);
      if (name === "href" && !isSafe) note(`${tag} href=${value}`);
    }
  };
  new MutationObserver((changes) => {
    for (const { target, addedNodes } of changes) {
      if (target instanceof Element) look(target);
      for (const node of addedNodes) {
        if (!(node instanceof Element)) continue;
        look(node);
        node.querySelectorAll("*").forEach(look);
      }
    }
  }).observe(document, { childList: true, subtree: true, attributes: true });
}

const foundIn = (page: Page) => page.evaluate(() => (window as unknown as { readonly watch: Watch }).watch.found);

const groups = Array.from({ length: Math.ceil(MARKUP_ATTACKS.length / PER_MESSAGE) }, (_, index) =>
  MARKUP_ATTACKS.slice(index * PER_MESSAGE, (index + 1) * PER_MESSAGE).join("\n\n"),
);
const named = (index: number) => MARKUP_ATTACKS[index % MARKUP_ATTACKS.length]?.slice(0, 60) ?? "";

/** A conversation in which everybody says them: the person, the model, its tools, their outputs, failures and notices. */
const entries = groups.flatMap((text, index) => {
  const ts = index + 1;
  const call_id = `c${index}`;
  const item = (kind: string, fields: object) => ({ kind: "assistant_item", ts, item: { kind, ...fields } });
  return [
    {
      kind: "user_input",
      ts,
      segments: [
        { kind: "text", content: text },
        { kind: "file_ref", path: named(index) },
      ],
    },
    item("reasoning", { text, summary: [named(index + 20)] }),
    item("tool_call", { call_id, name: named(index + 40), arguments: JSON.stringify({ [named(index)]: text }) }),
    {
      kind: "tool_result",
      ts,
      item: { kind: "tool_result", call_id, summary: named(index + 60), content: text, is_error: index % 2 === 0 },
    },
    item("message", { role: "assistant", content: [{ kind: "text", text }] }),
    { kind: "system_item", ts, item: { kind: "interrupt", body: text } },
    { kind: "run_errored", ts, interrupted: true, message: text, code: named(index + 10), cause: "provider" },
  ];
});

const raised = onProvider();

test(`${MARKUP_ATTACKS.length} texts that would be scripts, links and pictures are texts, brought along, searched and streamed`, async () => {
  const { stage, provider } = raised;
  expect(MARKUP_ATTACKS.length).toBeGreaterThanOrEqual(80);
  const conversation = conversationFile({ entries });
  const name = "<img src=x onerror=pwned(0)>";
  const file = JSON.stringify({ ...conversation, worker: { ...conversation.worker, display_name: name } });
  const imported = await fetch(`${stage.server.url}/api/runtimes/backend-internal/workers/import`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: file,
  });
  expect(imported.status).toBe(200);
  const { worker } = (await imported.json()) as { readonly worker: { readonly worker_id: string } };

  const tab = await stage.newTab();
  const { page } = tab;
  const elsewhere: string[] = [];
  page.on("request", (request) => {
    if (!request.url().startsWith(stage.server.url) && !request.url().startsWith("data:"))
      elsewhere.push(request.url());
  });
  page.on("dialog", (dialog) => {
    elsewhere.push(`a dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on("popup", (popup) => elsewhere.push(`a window: ${popup.url()}`));
  page.on("framenavigated", (frame) => elsewhere.push(`to ${frame.url()}`));
  await page.addInitScript(watch, ALLOWED);
  const address = `${stage.server.url}/runtimes/backend-internal/workers/${worker.worker_id}`;
  const response = await page.goto(address);
  expect(response?.headers()["content-security-policy"]).toContain("script-src 'self'");
  await tab.alive();

  // All of it, back to the first.
  await expect
    .poll(
      async () => {
        await tab.scroller.evaluate((log) => log.scrollTo(0, -log.scrollHeight));
        return tab.log.getByText("pwned(1)").count();
      },
      { timeout: 30_000 },
    )
    .toBeGreaterThan(0);
  await page.getByRole("heading", { name, level: 1 }).waitFor();

  await tab.scroller.focus();
  await page.keyboard.press("/");
  await page.getByRole("searchbox", { name: words.search.title }).fill("<script>pwned(1)");
  await page.getByRole("list", { name: words.search.results }).getByRole("button").first().waitFor();
  await page.keyboard.press("Escape");
  await tab.jumpButton.click();

  const answer = groups.join("\n\n\u2014\n\n");
  provider.pieces = answer.match(new RegExp(`[^]{1,${PIECE_CHARS}}`, "g")) ?? [];
  await tab.say("Say all of it.");
  await tab.sendButton.waitFor();
  await expect.poll(() => tab.answers.last().textContent(), { timeout: 30_000 }).toContain("pwned(92)");

  expect(await foundIn(page)).toEqual([]);
  expect(elsewhere).toEqual([`to ${address}`]);
  expect(page.url()).toBe(address);
});

test("what would have run is noted: the search works", async () => {
  const { stage } = raised;
  const tab = await stage.newTab({ forgive: /Content Security Policy|evil\.example/ });
  await tab.page.addInitScript(watch, ALLOWED);
  await tab.open(`${stage.server.url}/runtimes/backend-internal/workers/companion`);
  await tab.log.evaluate((log) => {
    log.insertAdjacentHTML("beforeend", '<p><img src="https://evil.example/x.png" onerror="pwned(1)"></p>');
    log.insertAdjacentHTML("beforeend", '<p><a href="javascript:pwned(2)">x</a></p>');
  });
  await expect
    .poll(() => foundIn(tab.page))
    .toEqual(
      expect.arrayContaining([
        "<img> was added",
        "img onerror=pwned(1)",
        "img src=https://evil.example/x.png",
        "a href=javascript:pwned(2)",
        "the policy refused img-src https://evil.example/x.png",
      ]),
    );
});
