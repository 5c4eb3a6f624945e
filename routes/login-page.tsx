/**
 * The login page.
 *
 * Owns its document and its words. It needs no script; what it posts goes to `login.ts`.
 */
import { Mark } from "../islands/icon.tsx";
import type { Locale } from "../islands/console-data.ts";
import { messagesFor } from "../islands/messages.ts";
import type { ProblemError } from "../protocol/problem.ts";
import { Head, renderDocument, type PageAssets, type PageFrame } from "./pages.tsx";

/** What the page says. */
interface LoginWords {
  readonly title: string;
  readonly hint: string;
  readonly label: string;
  readonly button: string;
  readonly failed: string;
  readonly wait: (duration: string) => string;
}

const WORDS: Readonly<Record<Locale, LoginWords>> = {
  en: {
    title: "Log in",
    hint: "This workspace is open to those who have its access token. Whoever runs it can tell you.",
    label: "Access token",
    button: "Log in",
    failed: "That is not the access token. Check it and try again.",
    wait: (duration) => `There were too many failed tries. Try again in ${duration}.`,
  },
  ja: {
    title: "ログイン",
    hint: "このワークスペースを開くには、アクセストークンが必要です。管理者にお問い合わせください。",
    label: "アクセストークン",
    button: "ログイン",
    failed: "アクセストークンが違います。確認して、もう一度お試しください。",
    wait: (duration) => `失敗した回数が多すぎます。${duration}後に、もう一度お試しください。`,
  },
};

/** What a login page shows. */
export interface LoginPage {
  readonly workspaceName: string;
  /** Where to go afterwards, below the base. */
  readonly next: string;
  /** Why the try before failed. */
  readonly problem: Pick<ProblemError, "code" | "retryAfterMs"> | null;
}

/** The page as a document. */
export function renderLoginPage(page: LoginPage, assets: PageAssets, frame: PageFrame): string {
  const words = WORDS[frame.locale];
  const { workspaceName, next, problem } = page;
  const failure = problem === null ? null : failureOf(problem, words, frame.locale);
  return renderDocument(
    <>
      <Head title={`${words.title} · ${workspaceName}`} assets={{ scripts: [], styles: assets.styles }} frame={frame} />
      <body>
        <main class="error-page login-page">
          <Mark />
          <h1>{workspaceName}</h1>
          <p id="login-hint">{words.hint}</p>
          <form method="post" action={`${frame.base}login`}>
            <input type="hidden" name="next" value={next} />
            <label for="login-token">{words.label}</label>
            <input
              id="login-token"
              name="token"
              type="password"
              required
              autoFocus
              autoComplete="current-password"
              maxLength={1_024}
              aria-describedby={failure === null ? "login-hint" : "login-failure"}
              aria-invalid={failure === null ? undefined : "true"}
            />
            {failure !== null && (
              <p id="login-failure" role="alert">
                {failure}
              </p>
            )}
            <button type="submit">{words.button}</button>
          </form>
        </main>
      </body>
    </>,
    frame,
  );
}

function failureOf(problem: NonNullable<LoginPage["problem"]>, words: LoginWords, locale: Locale): string {
  if (problem.code === "login_failed") return words.failed;
  const seconds = Math.ceil((problem.retryAfterMs ?? 0) / 1_000);
  return words.wait(messagesFor(locale).duration(seconds * 1_000));
}
