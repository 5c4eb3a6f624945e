/**
 * The login page.
 *
 * Owns its document and its words. It needs no script; what it posts goes to `login.ts`.
 */
import { Mark } from "../islands/icon.tsx";
import type { Locale } from "../islands/console-data.ts";
import type { ProblemCode } from "../protocol/problem.ts";
import { Head, renderDocument, type PageAssets, type PageFrame } from "./pages.tsx";

/** What the page says. */
interface LoginWords {
  readonly title: string;
  readonly hint: string;
  readonly label: string;
  readonly button: string;
  readonly failed: string;
  readonly wait: string;
}

const WORDS: Readonly<Record<Locale, LoginWords>> = {
  en: {
    title: "Log in",
    hint: "This workspace is open to those who have its access token. Whoever runs it can tell you.",
    label: "Access token",
    button: "Log in",
    failed: "That is not the access token. Check it and try again.",
    wait: "There were too many failed tries. Wait a moment, then try again.",
  },
  ja: {
    title: "ログイン",
    hint: "このワークスペースを開くには、アクセストークンが必要です。管理者にお問い合わせください。",
    label: "アクセストークン",
    button: "ログイン",
    failed: "アクセストークンが違います。確認して、もう一度お試しください。",
    wait: "失敗した回数が多すぎます。しばらく待ってから、もう一度お試しください。",
  },
};

/** What a login page shows. */
export interface LoginPage {
  readonly workspaceName: string;
  /** Where to go afterwards, below the base. */
  readonly next: string;
  /** Why the try before failed. */
  readonly problem: ProblemCode | null;
}

/** The page as a document. */
export function renderLoginPage(page: LoginPage, assets: PageAssets, frame: PageFrame): string {
  const words = WORDS[frame.locale];
  const { workspaceName, next, problem } = page;
  const failure = problem === null ? null : problem === "login_failed" ? words.failed : words.wait;
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
