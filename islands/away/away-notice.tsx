/** Stands where a conversation would: why its Worker can't be shown, and the ways on. Works without scripts. */
import { isProblemCode } from "../../protocol/problem.ts";
import type { AwayData } from "../console-data.ts";
import { useFrame } from "../context.ts";
import { problemWords } from "../failure-words.ts";
import { isAway } from "../store/worker-list.ts";
import { awayMessagesFor } from "./messages-away.ts";

/** Statuses of what stays as it is, however often one asks. */
const FINAL_STATUSES: ReadonlySet<number> = new Set([400, 404, 501]);

export function AwayNotice({ data }: { readonly data: AwayData }) {
  const { messages, paths, ref, isInteractive, workers } = useFrame();
  const { problem, locale } = data;
  const words = awayMessagesFor(locale);
  // The server's own account is in English: it stands in for words that are missing, not beside those of another language.
  const hasDetail = locale === "en" || !isProblemCode(problem.code);
  return (
    <div class="error-page">
      <p class="error-status">{problem.status}</p>
      <h2>{problemWords(problem.code, problem.title, messages)}</h2>
      {hasDetail && <p>{problem.detail}</p>}
      {isInteractive.value && isAway(workers.runtimes.value, ref.runtime_id) && <p>{words.waiting}</p>}
      <p class="error-ways">
        {!FINAL_STATUSES.has(problem.status) && (
          <a class="error-retry" href={paths.workerPage(ref)}>
            {words.retry}
          </a>
        )}
        <a href={paths.home}>{words.home}</a>
      </p>
    </div>
  );
}
