/** Stands where a conversation would: why its Worker can't be shown, and the ways on. Works without scripts. */
import type { AwayData } from "../console-data.ts";
import { useFrame } from "../context.ts";
import { problemWords } from "../failure-words.ts";
import { workerPagePath } from "../store/api-client.ts";
import { isRuntimeAway } from "./is-runtime-away.ts";

export function AwayNotice({ problem }: Pick<AwayData, "problem">) {
  const { messages, ref, isInteractive, workers } = useFrame();
  const canRetry = problem.status >= 500 || problem.status === 409 || problem.status === 429;
  return (
    <div class="error-page">
      <p class="error-status">{problem.status}</p>
      <h2>{problemWords(problem.code, problem.title, messages)}</h2>
      <p>{problem.detail}</p>
      {isInteractive.value && isRuntimeAway(workers, ref) && <p>{messages.errorPage.waiting}</p>}
      <p class="error-ways">
        {canRetry && (
          <a class="error-retry" href={workerPagePath(ref)}>
            {messages.errorPage.retry}
          </a>
        )}
        <a href="/">{messages.errorPage.home}</a>
      </p>
    </div>
  );
}
