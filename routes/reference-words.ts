/**
 * The words of the API's reference page.
 *
 * Owns both languages of what stands around the operations, and the Japanese of their summaries; the English ones are the
 * operations' own, since the documents for programs carry them too.
 */
import type { Locale } from "../islands/console-data.ts";
import type { OperationGroup, OperationId } from "./operations.ts";

/** What the page says. */
export interface ReferenceWords {
  readonly title: string;
  readonly intro: string;
  readonly home: string;
  readonly forPrograms: string;
  readonly parameters: string;
  readonly required: string;
  readonly body: string;
  readonly answer: string;
  readonly problems: string;
  readonly socket: string;
  readonly groups: Readonly<Record<OperationGroup, string>>;
}

const WORDS: Readonly<Record<Locale, ReferenceWords>> = {
  en: {
    title: "API reference",
    intro:
      "What programs can ask of this workspace. Every failure is told as application/problem+json with one of the codes below.",
    home: "To the workspace",
    forPrograms: "For programs:",
    parameters: "Query",
    required: "required",
    body: "Body, for example",
    answer: "Answers",
    problems: "May fail with",
    socket: "a WebSocket",
    groups: {
      workspace: "Workspace",
      workers: "Workers",
      conversations: "Conversations",
      "config bundles": "Config bundles",
      companion: "Companion",
      server: "Server",
      demo: "Offline demo",
    },
  },
  ja: {
    title: "API リファレンス",
    intro:
      "プログラムからこのワークスペースに要求できることの一覧です。失敗はすべて application/problem+json で、下記のいずれかのコードとともに返ります。",
    home: "ワークスペースへ",
    forPrograms: "プログラム向け:",
    parameters: "クエリ",
    required: "必須",
    body: "本文の例",
    answer: "応答",
    problems: "起こりうる失敗",
    socket: "WebSocket",
    groups: {
      workspace: "ワークスペース",
      workers: "Worker の操作",
      conversations: "会話",
      "config bundles": "設定バンドル",
      companion: "Companion の操作",
      server: "サーバー",
      demo: "オフラインデモ",
    },
  },
};

const SUMMARIES_JA: Readonly<Record<OperationId, string>> = {
  getWorkspace: "ワークスペースの情報。",
  listRuntimes: "すべての Runtime。",
  getRuntime: "1 つの Runtime。",
  listHosts: "すべてのホスト。",
  listHostWorkers: "1 つのホストにある Worker。",
  listWorkers: "すべての Runtime の Worker。取得できなかった Runtime は diagnostics に示されます。",
  listRuntimeWorkers: "1 つの Runtime の Worker。",
  spawnWorker: "Worker を作成します。空のオブジェクトでもかまいません。",
  getWorker: "1 つの Worker。",
  renameWorker: "Worker の表示名を変えます。表示名は動作に影響しません。",
  sendInput: "メッセージを送ります。応答があれば保存済みです。同じ submission_id で実行が二度始まることはありません。",
  cancelRun: "進行中の実行を終わらせ、それまでの文章は残します。",
  stopWorker: "Worker を終了します。元には戻せません。",
  getTranscript: "会話の各行を、古いほうから 1 ページ分。",
  getEntries: "ある位置より前の項目を 1 ページ分。上へさかのぼって読めます。",
  observe: "観察用のソケット。スナップショット、またはカーソル以降の出来事に続いて、新しい出来事が届きます。",
  observeStream: "同じフレームを server-sent events で。WebSocket が通らない環境向けです。",
  exportConversation: "会話をファイルで。読むため、または取り込むためのものです。",
  importConversation: "ファイルの会話を持つ Worker を作成します。",
  storeConfigBundle: "設定バンドルを Runtime に保存します。",
  checkConfigBundle: "Runtime に設定バンドルがあるかどうか。",
  getCompanionStatus: "Companion の状態。",
  getCompanionTranscript: "Companion の会話の各行を、古いほうから 1 ページ分。",
  sendCompanionMessage: "Companion にメッセージを送ります。",
  cancelCompanion: "Companion の実行を終わらせます。",
  getViewerRules: "閲覧のみの相手と、Worker の内部の作業を見せない相手の規則。所有者向けです。",
  setViewerRules: "これらの規則を変えます。開いているソケットにもすぐに反映されます。所有者向けです。",
  getHealth: "プロセスが応答するかどうか。",
  getReadiness: "サーバーが処理できる状態かどうか。妨げているものがあれば、その問題が返ります。",
  getMetrics: "Prometheus 向けのサーバーの計測値。",
  getOpenApi: "この API の OpenAPI 3.1 文書。",
  getAsyncApi: "観察用ソケットのフレームの AsyncAPI 3 文書。",
  getReference: "この API の説明ページ。",
  dropConnection: "オフラインデモのみ: ページのソケットを切断します。",
  restartRuntime: "オフラインデモのみ: 内蔵 Runtime を閉じて、開き直します。",
};

/** The words of a language. */
export function referenceWordsFor(locale: Locale): ReferenceWords {
  return WORDS[locale];
}

/** What an operation does, in a language. */
export function summaryOf({ id, summary }: { readonly id: OperationId; readonly summary: string }, locale: Locale) {
  return locale === "ja" ? SUMMARIES_JA[id] : summary;
}
