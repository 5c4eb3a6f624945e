/**
 * What every page of the console has, with a conversation or without one: its Worker's address, the list of Workers, the
 * words. Owns the wiring of these only; `console.ts` adds the conversation.
 */
import { computed, signal, type ReadonlySignal, type Signal } from "@preact/signals";
import type { WorkerRef } from "../protocol/id.ts";
import { createIme, type Ime } from "./composer/ime.ts";
import type { FrameData } from "./console-data.ts";
import type { Environment } from "./environment.ts";
import { createFormats, type Formats } from "./formats.ts";
import type { Messages } from "./messages.ts";
import { createPaths, type Paths } from "./paths.ts";
import { createApiClient, type ApiClient } from "./store/api-client.ts";
import type { Clock } from "./store/clock.ts";
import { Preferences } from "./store/preferences.ts";
import { WorkerList } from "./store/worker-list.ts";

const REQUEST_TIMEOUT_MS = 20_000;

export interface Frame {
  readonly ref: WorkerRef;
  /** Every address, below the app's base. */
  readonly paths: Paths;
  readonly api: ApiClient;
  readonly clock: Clock;
  readonly messages: Messages;
  readonly locale: FrameData["locale"];
  readonly formats: Formats;
  readonly workers: WorkerList;
  /** What the person chose for this browser. */
  readonly preferences: Preferences;
  /** Tells whose a key is, in every text field of the page. */
  readonly ime: Ime;
  /** Keys of Workers whose runs have ended since they were looked at; filled once `presence/` has been loaded. */
  readonly unread: Signal<ReadonlySet<string>>;
  /** What the list calls the Worker; `undefined` while it is not in it. */
  readonly listedLabel: ReadonlySignal<string | undefined>;
  /** What people call the Worker. */
  readonly label: ReadonlySignal<string>;
  /** Whether the page sees that the Worker is at work; the list may not know yet. */
  readonly isRunning: ReadonlySignal<boolean>;
  /** Whether the person may tell Workers nothing; the server says so as often as it changes. */
  readonly isReadOnly: Signal<boolean>;
  /** Whether the person has logged in, and so may log out. */
  readonly canLogOut: boolean;
  /** Whether the page has come alive; false while it is what the server rendered. */
  readonly isInteractive: Signal<boolean>;
}

export function createFrame(data: FrameData, environment: Environment, messages: Messages): Frame {
  const { clock } = environment;
  const ref: WorkerRef = { runtime_id: data.selected.runtime_id, worker_id: data.selected.worker_id };
  const paths = createPaths(data.base);
  const api = createApiClient({
    fetch: environment.fetch,
    timeoutMs: REQUEST_TIMEOUT_MS,
    now: () => clock.now(),
    paths,
  });
  const workers = new WorkerList({
    workers: data.workers,
    runtimes: data.runtimes,
    api,
    clock,
    isVisible: environment.isVisible,
  });
  const listedLabel = computed(() => {
    const isSelected = ({ runtime_id, worker_id }: WorkerRef) =>
      runtime_id === ref.runtime_id && worker_id === ref.worker_id;
    return workers.workers.value.find(({ worker }) => isSelected(worker))?.worker.label;
  });
  return {
    ref,
    paths,
    api,
    clock,
    messages,
    locale: data.locale,
    formats: createFormats(data.locale),
    workers,
    preferences: new Preferences(environment.storage),
    ime: createIme(),
    unread: signal(new Set()),
    listedLabel,
    label: computed(() => listedLabel.value ?? ref.worker_id),
    isRunning: signal(false),
    isReadOnly: signal(data.readOnly),
    canLogOut: data.canLogOut,
    isInteractive: signal(false),
  };
}
