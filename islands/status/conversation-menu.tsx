/**
 * What there is to know of a conversation as a whole, and to do with it. The server renders it; its numbers come alive
 * when its script has come. What a button opens is in `data-tool`; a Worker's further deeds belong into its last group.
 */
import { useConsole } from "../context.ts";
import { useToolMessages } from "../tools/tool-context.ts";
import { contextUsageOf } from "./context-usage.ts";

const METER_ID = "context-meter";

export function ConversationMenu() {
  const { conversation, paths, ref, takesInput, isReadOnly } = useConsole();
  const words = useToolMessages().menu;
  const { model } = conversation.greeting.value;
  return (
    <>
      {model !== "" && <p class="menu-model">{model}</p>}
      <ContextMeter />
      <Totals />
      <ul class="menu-items">
        <li class="needs-script">
          <button type="button" data-tool="search">
            {words.search}
          </button>
        </li>
        <li>
          <a href={paths.exportOf(ref, "markdown")} download>
            {words.exportMarkdown}
          </a>
        </li>
        <li>
          <a href={paths.exportOf(ref, "json")} download>
            {words.exportJson}
          </a>
        </li>
      </ul>
      <ul class="menu-items needs-script">
        {!isReadOnly.value && (
          <li>
            <button type="button" data-tool="rename-worker">
              {words.renameWorker}
            </button>
          </li>
        )}
        {takesInput.value && (
          <li>
            <button type="button" class="danger" data-tool="stop-worker">
              {words.stopWorker}
            </button>
          </li>
        )}
      </ul>
    </>
  );
}

function ContextMeter() {
  const { conversation, formats } = useConsole();
  const words = useToolMessages().menu;
  const { usedTokens, limitTokens, share } = contextUsageOf(
    conversation.greeting.value,
    conversation.run.value,
    conversation.entries.value,
  );
  const used = formats.number(usedTokens);
  return (
    <div class="context-usage">
      <label for={METER_ID}>{words.context}</label>
      {limitTokens > 0 && <meter id={METER_ID} min={0} max={limitTokens} high={limitTokens * 0.8} value={usedTokens} />}
      <p data-testid="context-usage">
        {limitTokens > 0
          ? words.contextUsed(used, formats.number(limitTokens), formats.percent(share))
          : words.contextUnknown(used)}
      </p>
    </div>
  );
}

function Totals() {
  const { conversation, formats } = useConsole();
  const words = useToolMessages().menu;
  const usage = conversation.usage.value;
  const rows: readonly (readonly [string, number])[] = [
    [words.tokensIn, usage.input_tokens],
    [words.tokensCached, usage.cache_read_input_tokens],
    [words.tokensOut, usage.output_tokens],
    [words.calls, usage.llm_calls],
  ];
  return (
    <dl aria-label={words.totals}>
      {rows.map(([word, value]) => (
        <div key={word}>
          <dt>{word}</dt>
          <dd>{formats.number(value)}</dd>
        </div>
      ))}
    </dl>
  );
}
