/**
 * The pages, as whole HTML documents.
 *
 * Owns the frame around the islands: head, landmarks, and the data that the browser hydrates from. The islands' own
 * components render here first, so that everything can be read before, or without, any script. A browser's translator
 * puts elements of its own in the place of texts, which scripts then change where nobody sees them: all but what was said
 * is `notranslate`. As a class, since the renderer leaves the attribute out.
 */
import type { ComponentChildren } from "preact";
import { renderToString } from "preact-render-to-string";
import { AwayNotice } from "../islands/away/away-notice.tsx";
import { awayMessagesFor } from "../islands/away/messages-away.ts";
import { ComposerForm } from "../islands/composer/composer-form.tsx";
import {
  AWAY_DATA_ID,
  CONSOLE_DATA_ID,
  encodeConsoleData,
  type AwayData,
  type ConsoleData,
  type FrameData,
} from "../islands/console-data.ts";
import { createConsole, type Console } from "../islands/console.ts";
import { ConsoleContext, FrameContext } from "../islands/context.ts";
import { renderEnvironment } from "../islands/environment.ts";
import { faviconOf } from "../islands/favicon.ts";
import { createFrame } from "../islands/frame.ts";
import { Icon, Mark } from "../islands/icon.tsx";
import { messagesFor, type Messages } from "../islands/messages.ts";
import { toolMessagesFor } from "../islands/messages-tools.ts";
import { createPaths } from "../islands/paths.ts";
import { ConversationMenu } from "../islands/status/conversation-menu.tsx";
import { LinkStatus } from "../islands/status/link-status.tsx";
import { PAPER, themeAttribute } from "../islands/theme.ts";
import { ToolContext } from "../islands/tools/tool-context.ts";
import { tourMessagesFor, type TourMessages } from "../islands/tour/messages-tour.ts";
import { createTour } from "../islands/tour/tour.ts";
import { TourPanel } from "../islands/tour/tour-panel.tsx";
import { AnswerTextContext, type AnswerText } from "../islands/transcript/answer-text.ts";
import { Transcript } from "../islands/transcript/transcript.tsx";
import { WorkerNav } from "../islands/workers/worker-nav.tsx";
import { isProblemCode, type ProblemBody } from "../protocol/problem.ts";
import { pageWordsFor } from "./page-words.ts";

/** The browser's files, as addresses on this server. */
export interface PageAssets {
  /** Module scripts, the entry first. */
  readonly scripts: readonly string[];
  readonly styles: readonly string[];
  /** Modules that the entry will ask for next. */
  readonly preloads?: readonly string[];
}

/** Where the app says how it is installed; a path below the base. */
export const MANIFEST_PATH = "/manifest.webmanifest";

/** What is the same for every page of a reader. */
export type PageFrame = Pick<FrameData, "base" | "locale" | "theme">;

/**
 * The console's page: readable as it is, alive once its scripts have come.
 *
 * @param answerText Shows answers; absent where the page has none.
 */
export function renderConsolePage(data: ConsoleData, assets: PageAssets, answerText?: AnswerText): string {
  const page = createConsole(data, renderEnvironment(), messagesFor(data.locale));
  const { messages } = page;
  const label = page.label.value;
  return renderDocument(
    <ConsoleContext.Provider value={page}>
      <Head title={`${label} · ${data.workspaceName}`} assets={assets} frame={data} waitsFor="composer" />
      <body>
        <a class="skip-link" href="#composer-input">
          {pageWordsFor(data.locale).skipToComposer}
        </a>
        <div class="app" data-tour={data.demo ? data.tour : undefined}>
          <Sidebar data={data} messages={messages} hasTour />
          <header class="top notranslate">
            <MenuButton locale={data.locale} />
            <h1>{label}</h1>
            <div id="link-status" class="link-status">
              <LinkStatus />
            </div>
            <ConversationMenuFrame data={data} />
          </header>
          <main>
            {data.demo && <Demo locale={data.locale} tour={tourMessagesFor(data.locale)} />}
            <div id="transcript" class="transcript">
              <AnswerTextContext.Provider value={answerText}>
                <Transcript />
              </AnswerTextContext.Provider>
            </div>
            <div id="composer" class="composer-dock notranslate">
              <ComposerForm />
            </div>
          </main>
          {data.demo && <Tour page={page} />}
        </div>
        <div id="tools" class="notranslate" />
        <Data id={CONSOLE_DATA_ID} data={data} />
      </body>
    </ConsoleContext.Provider>,
    data,
  );
}

/** The page of a Worker that can't be shown: the console's frame with its list, the reason, and the ways on. */
export function renderAwayPage(data: AwayData, assets: PageAssets): string {
  const messages = messagesFor(data.locale);
  const frame = createFrame(data, renderEnvironment(), messages);
  const label = frame.label.value;
  return renderDocument(
    <FrameContext.Provider value={frame}>
      <Head title={`${label} · ${data.workspaceName}`} assets={assets} frame={data} />
      <body>
        <div class="app">
          <Sidebar data={data} messages={messages} />
          <header class="top">
            <MenuButton locale={data.locale} />
            <h1>{label}</h1>
          </header>
          <main id="away-notice">
            <AwayNotice data={data} />
          </main>
        </div>
        <div id="tools" class="notranslate" />
        <Data id={AWAY_DATA_ID} data={data} />
      </body>
    </FrameContext.Provider>,
    data,
  );
}

/** A failure as a page, for a person who followed an address that leads nowhere. */
export function renderErrorPage(
  problem: ProblemBody,
  assets: PageAssets,
  frame: PageFrame & { readonly requestId?: string | undefined },
): string {
  const messages = messagesFor(frame.locale);
  const title = isProblemCode(problem.code) ? messages.problem(problem.code) : problem.title;
  return renderDocument(
    <>
      <Head title={title} assets={{ scripts: [], styles: assets.styles }} frame={frame} />
      <body>
        <main class="error-page">
          <Mark />
          <p class="error-status">{problem.status}</p>
          <h1>{title}</h1>
          <p>{problem.detail}</p>
          <a href={createPaths(frame.base).home}>{awayMessagesFor(frame.locale).home}</a>
          {frame.requestId !== undefined && (
            <p class="error-number">
              {pageWordsFor(frame.locale).failureNumber} <code class="notranslate">{frame.requestId}</code>
            </p>
          )}
        </main>
      </body>
    </>,
    frame,
  );
}

/** A whole document in the reader's language and colours. */
export function renderDocument(children: ComponentChildren, { locale, theme }: PageFrame): string {
  const html = (
    <html lang={locale} data-theme={themeAttribute(theme)}>
      {children}
    </html>
  );
  return `<!doctype html>${renderToString(html)}`;
}

interface SidebarProps {
  readonly data: FrameData;
  readonly messages: Messages;
  /** Whether the page can show the tour. */
  readonly hasTour?: boolean;
}

function Sidebar({ data, messages, hasTour = false }: SidebarProps) {
  return (
    <nav class="sidebar notranslate" id="sidebar" popover="auto" aria-label={messages.workers}>
      <a class="brand" href={createPaths(data.base).home}>
        <Mark />
        <span>{data.workspaceName}</span>
      </a>
      <div id="workers-nav">
        <WorkerNav />
      </div>
      <div class="sidebar-foot">
        {data.demo && <Demo locale={data.locale} tour={hasTour ? tourMessagesFor(data.locale) : undefined} />}
        <SidebarTools data={data} />
      </div>
    </nav>
  );
}

/** The ways to commands and settings. What a button opens is in `data-tool`, which `main.tsx` reads. */
function SidebarTools({ data }: { readonly data: FrameData }) {
  const words = toolMessagesFor(data.locale);
  return (
    <div class="sidebar-tools needs-script">
      <button type="button" class="tool-button" data-tool="palette" aria-keyshortcuts="Control+K Meta+K">
        <Icon name="search" />
        <span>{words.palette.title}</span>
        <kbd aria-hidden="true">Ctrl K</kbd>
      </button>
      <button type="button" class="icon-button" data-tool="settings" aria-label={words.settings.title}>
        <Icon name="settings" />
      </button>
    </div>
  );
}

/** A button and what it opens: rendered whole, so that it also works without scripts. */
function ConversationMenuFrame({ data }: { readonly data: ConsoleData }) {
  const words = toolMessagesFor(data.locale);
  return (
    <div class="conversation-menu">
      <button type="button" class="icon-button" popoverTarget="conversation-menu" aria-label={words.menu.label}>
        <Icon name="more" />
      </button>
      <div id="conversation-menu" class="popover-panel" popover="auto" role="group" aria-label={words.menu.label}>
        <ToolContext.Provider value={words}>
          <ConversationMenu />
        </ToolContext.Provider>
      </div>
    </div>
  );
}

function MenuButton({ locale }: Pick<FrameData, "locale">) {
  const { openWorkers } = pageWordsFor(locale);
  return (
    <button type="button" class="icon-button menu" popoverTarget="sidebar" aria-label={openWorkers}>
      <Icon name="menu" />
    </button>
  );
}

function Data({ id, data }: { readonly id: string; readonly data: ConsoleData | AwayData }) {
  // why: JSON inside a script element is raw text; `encodeConsoleData` has made it safe to stand there.
  return <script type="application/json" id={id} dangerouslySetInnerHTML={{ __html: encodeConsoleData(data) }} />;
}

interface HeadProps {
  readonly title: string;
  readonly assets: PageAssets;
  readonly frame: PageFrame;
  /** Id of what must have come before anything is shown: the newest message is not to move while older ones arrive. */
  readonly waitsFor?: string;
}

/** What every document's head has. */
export function Head({ title, assets, frame, waitsFor }: HeadProps) {
  const { file } = createPaths(frame.base);
  const chosen = themeAttribute(frame.theme);
  return (
    <head>
      <meta charset="utf-8" />
      <meta name="viewport" content="width=device-width, initial-scale=1, interactive-widget=resizes-content" />
      <meta name="color-scheme" content={chosen ?? "light dark"} />
      <meta name="theme-color" media="(prefers-color-scheme: light)" content={PAPER[chosen ?? "light"]} />
      <meta name="theme-color" media="(prefers-color-scheme: dark)" content={PAPER[chosen ?? "dark"]} />
      <title>{title}</title>
      <link rel="icon" type="image/svg+xml" href={faviconOf("idle")} />
      <link rel="apple-touch-icon" href={file("/apple-touch-icon.png")} />
      {/* Asked for with cookies: the app may stand behind a login. */}
      <link rel="manifest" href={file(MANIFEST_PATH)} crossOrigin="use-credentials" />
      {waitsFor !== undefined && <link rel="expect" href={`#${waitsFor}`} {...{ blocking: "render" }} />}
      {assets.styles.map((href) => (
        <link rel="stylesheet" href={file(href)} key={href} />
      ))}
      {assets.preloads?.map((href) => (
        <link rel="modulepreload" href={file(href)} key={href} />
      ))}
      {assets.scripts.map((src) => (
        <script type="module" src={file(src)} key={src} />
      ))}
    </head>
  );
}

/** The tour of the demo, as it comes alive. Nothing is asked for while it renders. */
function Tour({ page }: { readonly page: Console }) {
  const words = tourMessagesFor(page.data.locale);
  const tour = createTour({ page, words, fetch: renderEnvironment().fetch });
  return (
    <aside id="tour" class="tour needs-script notranslate" aria-label={words.title}>
      <TourPanel tour={tour} words={words} onClose={() => {}} />
    </aside>
  );
}

interface DemoProps {
  readonly locale: FrameData["locale"];
  /** Present where there is a tour to open. */
  readonly tour: TourMessages | undefined;
}

function Demo({ locale, tour }: DemoProps) {
  const { demoTitle, demoHint } = pageWordsFor(locale);
  return (
    <p class="demo">
      <strong>{demoTitle}</strong>
      <span>
        {demoHint[0]}
        <wbr />
        <code>/demo help</code>
        {demoHint[1]}
      </span>
      {tour && (
        <button type="button" class="quiet-button needs-script" data-tour-toggle aria-controls="tour">
          {tour.open}
        </button>
      )}
    </p>
  );
}
