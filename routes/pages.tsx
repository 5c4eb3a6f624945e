/**
 * The pages, as whole HTML documents.
 *
 * Owns the frame around the islands: head, landmarks, and the data that the browser hydrates from. The islands' own
 * components render here first, so that everything can be read before, or without, any script.
 */
import type { ComponentChildren } from "preact";
import { renderToString } from "preact-render-to-string";
import { AwayNotice } from "../islands/away/away-notice.tsx";
import { ComposerForm } from "../islands/composer/composer-form.tsx";
import {
  AWAY_DATA_ID,
  CONSOLE_DATA_ID,
  encodeConsoleData,
  type AwayData,
  type ConsoleData,
  type FrameData,
  type Locale,
} from "../islands/console-data.ts";
import { createConsole } from "../islands/console.ts";
import { ConsoleContext, FrameContext } from "../islands/context.ts";
import { renderEnvironment } from "../islands/environment.ts";
import { createFrame } from "../islands/frame.ts";
import { Icon, Mark } from "../islands/icon.tsx";
import { messagesFor, type Messages } from "../islands/messages.ts";
import { LinkStatus } from "../islands/status/link-status.tsx";
import { Transcript } from "../islands/transcript/transcript.tsx";
import { WorkerNav } from "../islands/workers/worker-nav.tsx";
import { isProblemCode, type ProblemBody } from "../protocol/problem.ts";

/** The browser's files, as addresses on this server. */
export interface PageAssets {
  /** Module scripts, the entry first. */
  readonly scripts: readonly string[];
  readonly styles: readonly string[];
  /** Modules that the entry will ask for next. */
  readonly preloads?: readonly string[];
}

const FAVICON =
  "data:image/svg+xml," +
  encodeURIComponent(
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="8" fill="#2b2a4c"/>' +
      '<path d="M20.6 7.2a8.4 8.4 0 1 0 4.9 13.4A9.6 9.6 0 0 1 20.6 7.2Z" fill="#f3e9d8"/>' +
      '<circle cx="23.4" cy="10.2" r="1.9" fill="#f0a66b"/>' +
      '<path d="M5.5 25.4h21" stroke="#f0a66b" stroke-width="2" stroke-linecap="round"/></svg>',
  );

/** The console's page: readable as it is, alive once its scripts have come. */
export function renderConsolePage(data: ConsoleData, assets: PageAssets): string {
  const page = createConsole(data, renderEnvironment(), messagesFor(data.locale));
  const { messages } = page;
  const label = page.label.value;
  return renderDocument(
    <ConsoleContext.Provider value={page}>
      <Head title={`${label} · ${data.workspaceName}`} assets={assets} />
      <body>
        <a class="skip-link" href="#composer-input">
          {messages.skipToComposer}
        </a>
        <div class="app">
          <Sidebar data={data} messages={messages} />
          <header class="top">
            <MenuButton messages={messages} />
            <h1>{label}</h1>
            <div id="link-status" class="link-status">
              <LinkStatus />
            </div>
          </header>
          <main>
            {data.demo && <Demo title={messages.demoTitle} hint={messages.demoHint} />}
            <div id="transcript" class="transcript">
              <Transcript />
            </div>
            <div id="composer" class="composer-dock">
              <ComposerForm />
            </div>
          </main>
        </div>
        <Data id={CONSOLE_DATA_ID} data={data} />
      </body>
    </ConsoleContext.Provider>,
    data.locale,
  );
}

/** The page of a Worker that can't be shown: the console's frame with its list, the reason, and the ways on. */
export function renderAwayPage(data: AwayData, assets: PageAssets): string {
  const messages = messagesFor(data.locale);
  const frame = createFrame(data, renderEnvironment(), messages);
  const label = frame.label.value;
  return renderDocument(
    <FrameContext.Provider value={frame}>
      <Head title={`${label} · ${data.workspaceName}`} assets={assets} />
      <body>
        <div class="app">
          <Sidebar data={data} messages={messages} />
          <header class="top">
            <MenuButton messages={messages} />
            <h1>{label}</h1>
          </header>
          <main id="away-notice">
            <AwayNotice data={data} />
          </main>
        </div>
        <Data id={AWAY_DATA_ID} data={data} />
      </body>
    </FrameContext.Provider>,
    data.locale,
  );
}

/** A failure as a page, for a person who followed an address that leads nowhere. */
export function renderErrorPage(problem: ProblemBody, assets: PageAssets, locale: Locale = "en"): string {
  const messages = messagesFor(locale);
  const title = isProblemCode(problem.code) ? messages.problem(problem.code) : problem.title;
  return renderDocument(
    <>
      <Head title={title} assets={{ scripts: [], styles: assets.styles }} />
      <body>
        <main class="error-page">
          <Mark />
          <p class="error-status">{problem.status}</p>
          <h1>{title}</h1>
          <p>{problem.detail}</p>
          <a href="/">{messages.errorPage.home}</a>
        </main>
      </body>
    </>,
    locale,
  );
}

function renderDocument(children: ComponentChildren, locale: Locale): string {
  return `<!doctype html>${renderToString(<html lang={locale}>{children}</html>)}`;
}

interface SidebarProps {
  readonly data: FrameData;
  readonly messages: Messages;
}

function Sidebar({ data, messages }: SidebarProps) {
  return (
    <nav class="sidebar" id="sidebar" popover="auto" aria-label={messages.workers}>
      <a class="brand" href="/">
        <Mark />
        <span>{data.workspaceName}</span>
      </a>
      <div id="workers-nav">
        <WorkerNav />
      </div>
      {data.demo && <Demo title={messages.demoTitle} hint={messages.demoHint} />}
    </nav>
  );
}

function MenuButton({ messages }: { readonly messages: Messages }) {
  return (
    <button type="button" class="icon-button menu" popoverTarget="sidebar" aria-label={messages.openWorkers}>
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
}

function Head({ title, assets }: HeadProps) {
  return (
    <head>
      <meta charset="utf-8" />
      <meta name="viewport" content="width=device-width, initial-scale=1, interactive-widget=resizes-content" />
      <meta name="color-scheme" content="light dark" />
      <meta name="theme-color" media="(prefers-color-scheme: light)" content="#faf9f7" />
      <meta name="theme-color" media="(prefers-color-scheme: dark)" content="#17161f" />
      <title>{title}</title>
      <link rel="icon" href={FAVICON} />
      {assets.styles.map((href) => (
        <link rel="stylesheet" href={href} key={href} />
      ))}
      {assets.preloads?.map((href) => (
        <link rel="modulepreload" href={href} key={href} />
      ))}
      {assets.scripts.map((src) => (
        <script type="module" src={src} key={src} />
      ))}
    </head>
  );
}

function Demo({ title, hint }: { readonly title: string; readonly hint: readonly [string, string] }) {
  return (
    <p class="demo">
      <strong>{title}</strong>
      <span>
        {hint[0]}
        <code>/demo help</code>
        {hint[1]}
      </span>
    </p>
  );
}
