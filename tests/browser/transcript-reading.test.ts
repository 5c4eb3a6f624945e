/** What a reader does with an answer: colours and formulas that come by themselves, copying, wrapping, links, asking again. */
import { expect, test } from "vitest";
import { turnMessagesFor } from "../../islands/messages-turns.ts";
import { asked, answered, messages, onScenes, runBegins, runEnds, Scene } from "./transcript-scene.ts";

const LISTING = "```ts\nconst place = `over the ${horizon}`; // evening\n```";

onScenes("An answer", (stage) => {
  test("gets its colours once a listing is whole, without a change of its text or height", async () => {
    const loaded: string[] = [];
    const scene = await Scene.open(stage, { entries: [] });
    const { tab } = scene;
    tab.page.on("request", (request) => loaded.push(request.url()));
    const hasLoaded = (part: string) => loaded.some((url) => url.includes(`/${part}-`));
    scene.publish(...runBegins("Show me"));
    await scene.stream(LISTING.slice(0, -4), { chars: 10, everyMs: 10 });
    const code = tab.log.locator("pre code");
    await code.filter({ hasText: "// evening" }).waitFor();
    expect(await code.locator("span").count()).toBe(0);
    expect(hasLoaded("highlight")).toBe(false);
    const height = await code.evaluate((element) => element.getBoundingClientRect().height);
    scene.publish(...runEnds(LISTING));
    await code.locator(".hl-word", { hasText: "const" }).waitFor();
    expect(hasLoaded("highlight")).toBe(true);
    expect(hasLoaded("mathml")).toBe(false);
    expect(await code.textContent()).toBe("const place = `over the ${horizon}`; // evening");
    expect(await code.evaluate((element) => element.getBoundingClientRect().height)).toBe(height);
  });

  test("shows formulas as formulas, wrong ones as they were written, and money as money", async () => {
    const text = "It is $x^2$ and\n\n$$\n\\frac{a}{b}\n$$\n\nbut $\\wrong{y}$ costs $5 and $10.";
    const { tab } = await Scene.open(stage, { entries: [asked("How much?"), answered(text)] });
    await expect.poll(() => tab.log.locator("math").count()).toBe(2);
    expect(await tab.log.locator("math mfrac").count()).toBe(1);
    const namespace = await tab.log.locator("math mfrac").evaluate((element) => element.namespaceURI);
    expect(namespace).toBe("http://www.w3.org/1998/Math/MathML");
    expect(await tab.log.locator(".math-source").allTextContents()).toEqual(["$\\wrong{y}$"]);
    expect(await tab.answers.last().textContent()).toContain("costs $5 and $10.");
  });

  test("is copied as text with its formulas as they were written", async () => {
    const context = await stage.newContext({ locale: "en-GB" });
    await context.grantPermissions(["clipboard-read", "clipboard-write"]);
    const entries = [asked("How many?"), answered("About $10^6$ of them.")];
    const { tab } = await Scene.open(stage, { entries, context });
    await expect.poll(() => tab.log.locator("math").count()).toBe(1);
    const { actions, copyText } = turnMessagesFor("en").turn;
    await tab.answers.last().getByRole("toolbar", { name: actions }).getByRole("button", { name: copyText }).click();
    await expect.poll(() => tab.page.evaluate(() => navigator.clipboard.readText())).toBe("About $10^6$ of them.");
  });

  test("that is written from right to left begins at the right, line by line", async () => {
    const text = "שלום עולם.\n\n- שלום `a.b`.\n\nAnd back again.";
    const { tab } = await Scene.open(stage, { entries: [asked("Hello?"), answered(text)] });
    const sides = await tab.answers
      .last()
      .locator("p, li")
      .evaluateAll((lines) =>
        lines.map((line) => {
          const range = document.createRange();
          range.selectNodeContents(line);
          const [box, words] = [line.getBoundingClientRect(), range.getBoundingClientRect()];
          return box.right - words.right < words.left - box.left ? "right" : "left";
        }),
      );
    expect(sides).toEqual(["right", "right", "left"]);
  });

  test("breaks the long lines of a listing when asked to, and back", async () => {
    const text = `\`\`\`sh\necho ${"long ".repeat(80)}\n\`\`\``;
    const { tab } = await Scene.open(stage, { entries: [asked("A long line"), answered(text)] });
    const width = () => tab.log.locator("pre").evaluate((pre) => pre.scrollWidth - pre.clientWidth);
    expect(await width()).toBeGreaterThan(0);
    const button = tab.page.getByRole("button", { name: tab.words.wrapLines });
    await button.click();
    await expect.poll(width).toBe(0);
    expect(await button.getAttribute("aria-pressed")).toBe("true");
    await button.click();
    await expect.poll(width).toBeGreaterThan(0);
  });

  test("late colours and formulas above leave what is being read where it is", async () => {
    const entries = [...messages(20), answered(`$$\n\\frac{a}{b}\n$$\n\n${LISTING}`), ...messages(2)];
    const { tab } = await Scene.open(stage, { entries });
    const line = tab.page.locator("#entry-21");
    const before = await line.evaluate((row) => row.getBoundingClientRect().top);
    await tab.page.locator("math").last().waitFor({ state: "attached" });
    await tab.page.locator(".hl-word").last().waitFor({ state: "attached" });
    expect(await line.evaluate((row) => row.getBoundingClientRect().top)).toBe(before);
  });
});

onScenes("Away from the end", (stage) => {
  test("the way back says what is new, and that the answer is still being written", async () => {
    const scene = await Scene.open(stage, { entries: messages(100) });
    const { tab } = scene;
    await tab.scroller.evaluate((element) => (element.scrollTop = -element.clientHeight * 3));
    await tab.jumpButton.waitFor();
    expect(await tab.jumpButton.textContent()).toBe(tab.words.jumpToLatest);
    scene.publish(...runBegins("One more"), { event: "text_delta", data: { text: "So" } });
    const { newMessages, stillWriting } = tab.words;
    await tab.jumpButton.filter({ hasText: `${newMessages(1)} · ${stillWriting}` }).waitFor();
    scene.publish(...runEnds("So be it."));
    await tab.jumpButton.filter({ hasText: newMessages(2) }).waitFor();
    expect(await tab.jumpButton.textContent()).not.toContain(stillWriting);
    await tab.jumpButton.click();
    await tab.jumpButton.waitFor({ state: "hidden" });
    await expect.poll(() => tab.distanceFromEnd()).toBeLessThan(2);
  });

  test("a link leads to its message, also where that has to be fetched first", async () => {
    const scene = await Scene.open(stage, { entries: messages(500), shown: 60 });
    const { tab } = scene;
    await tab.page.evaluate(() => (location.hash = "#entry-203"));
    const row = tab.page.locator("#entry-203");
    await row.waitFor();
    const distance = async () => {
      const [top = NaN, logTop = NaN] = await Promise.all(
        [row, tab.log].map((part) => part.evaluate((element) => element.getBoundingClientRect().top)),
      );
      return Math.abs(top - logTop);
    };
    await expect.poll(distance).toBeLessThan(60);
    expect(scene.pagesAsked).toBe(5);
  });

  test("a link is followed also while older pages are on their way for another one", async () => {
    const scene = await Scene.open(stage, { entries: messages(500), shown: 60 });
    const { page } = scene.tab;
    const followed = (hash: string) =>
      page.evaluate(
        (to) =>
          new Promise<void>((resolve) => {
            addEventListener("hashchange", () => resolve(), { once: true });
            location.hash = to;
          }),
        hash,
      );
    const held = scene.holdPages();
    await followed("#entry-203");
    await expect.poll(() => scene.pagesAsked).toBe(1);
    await followed("#entry-301");
    held.release();
    await page.locator("#entry-301[data-linked]").waitFor();
  });
});

onScenes("A failed answer", (stage) => {
  test("is asked again by a button, once, and what was being typed is still there", async () => {
    const tab = await stage.openConsole({ forgive: /./ });
    await tab.say("/demo auth");
    await tab.failures.first().waitFor();
    await tab.composer.fill("half a thought");
    await tab.page.getByRole("button", { name: tab.words.askAgain }).press("Enter");
    await expect.poll(() => tab.failures.count()).toBe(2);
    expect(
      (await stage.transcript(tab.ref)).filter(({ role }) => role === "user").map(({ content }) => content),
    ).toEqual(["/demo auth", "/demo auth"]);
    await expect.poll(() => tab.composer.inputValue()).toBe("half a thought");
    // Whoever came to the button by keys goes on by keys.
    expect(await tab.page.evaluate(() => document.activeElement?.id)).toBe("composer-input");
    await expect.poll(() => tab.page.getByRole("button", { name: tab.words.askAgain }).count()).toBe(1);
  });

  test("a link into the past of a real conversation finds its message on opening", async () => {
    const tab = await stage.openConsole();
    for (let turn = 1; turn <= 3; turn += 1) await tab.ask("my name is Ada");
    const id = await tab.log.locator(".row").first().getAttribute("id");
    expect(id).toMatch(/^entry-\d+$/);
    await tab.page.goto(`${tab.page.url()}#${id}`);
    await tab.reload();
    const row = tab.page.locator(`#${id}[data-linked]`);
    await row.waitFor();
    expect(await row.textContent()).toContain("my name is Ada");
    await expect.poll(() => row.evaluate((element) => element.getBoundingClientRect().top)).toBeGreaterThan(0);
  });
});
