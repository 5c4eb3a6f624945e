/**
 * The message box. Owns keys, growth and focus; the draft and its sending are the stores'. What it does beyond sending
 * comes with the outbox, a moment later. Without scripts it is hidden and a note says so.
 */
import { useEffect, useRef } from "preact/hooks";
import { useConsole } from "../context.ts";
import { againWords, failureWords } from "../failure-words.ts";
import { Icon } from "../icon.tsx";
import { UpstreamNote } from "../status/upstream-note.tsx";
import { isSendKey } from "./ime.ts";

const TOO_LONG_ID = "composer-too-long";
const NOTICE_ID = "composer-notice";
/** From here on the field is as high as it can be anyway, and measuring its text would cost every key. */
const LARGE_CHARS = 20_000;

export function ComposerForm() {
  const page = useConsole();
  const { composer, connection, messages, formats, isRunning, isInteractive, takesInput, isOver, label, ime } = page;
  const outbox = page.outbox.value;
  const sendKey = page.preferences.sendKey.value;
  const link = connection.state.value;
  const field = useRef<HTMLTextAreaElement>(null);
  const text = composer.text.value;
  const send = composer.send.value;
  const stop = composer.stop.value;
  const isSending = send.kind === "sending";
  const isOpen = takesInput.value;
  const canSend = isOpen && isInteractive.value && /\S/.test(text) && composer.tooLongBy.value === 0 && !isSending;

  const isStoppable = isOpen && isRunning.value;
  const sendLabel = isSending ? messages.sending : isStoppable ? messages.queue : messages.send;
  const sendHint = messages.sendHint(sendKey);

  useEffect(() => {
    if (field.current) fitHeight(field.current);
  }, [text]);

  const submit = () => {
    if (!isOpen) return;
    void page.submit();
    // At once: when the answer comes, the person may be elsewhere.
    field.current?.focus();
  };
  const cancel = () => {
    void composer.cancelRun();
    field.current?.focus();
  };

  return (
    <>
      <noscript>
        <p class="composer-note">{messages.needsScript}</p>
      </noscript>
      <UpstreamNote />
      {!isOpen && (
        <p class="composer-note" role="status">
          {link.kind === "ended" && `${messages.problem(link.problem)} `}
          {isOver.value ? messages.ended : messages.readOnly}
        </p>
      )}
      <form
        class="composer needs-script"
        // A Worker that has ended takes no more; a draft to it, and what waits, stay in sight, to be copied elsewhere.
        hidden={!isOpen && text === "" && !outbox?.queue.items.value.length}
        onSubmit={(event) => {
          event.preventDefault();
          submit();
        }}
      >
        <div id={NOTICE_ID} role="alert" class="composer-notices">
          {send.kind === "refused" && <p class="notice">{failureWords(send.failure, page)}</p>}
          {stop.kind === "failed" && <p class="notice">{messages.stopFailed + againWords(stop.failure, page)}</p>}
        </div>
        {outbox && <outbox.QueueView />}
        <div class="composer-box" data-sending={isSending ? "" : undefined}>
          <label class="visually-hidden" for="composer-input">
            {messages.composerLabel(label.value)}
          </label>
          <textarea
            id="composer-input"
            ref={field}
            rows={1}
            value={text}
            readOnly={!isOpen}
            data-large={text.length > LARGE_CHARS ? "" : undefined}
            placeholder={messages.composerPlaceholder}
            autocomplete="off"
            enterkeyhint={sendKey === "enter" ? "send" : "enter"}
            aria-describedby={`${NOTICE_ID} ${TOO_LONG_ID}`}
            aria-invalid={composer.tooLongBy.value > 0 ? "true" : undefined}
            onInput={(event) => composer.edit(event.currentTarget.value)}
            onKeyDown={(event) => {
              if (!isSendKey(event, ime, sendKey)) return;
              event.preventDefault();
              if (canSend) submit();
            }}
          />
          {(!isStoppable || (outbox && text !== "")) && (
            <button
              type="submit"
              class="round send"
              aria-label={sendLabel}
              title={isStoppable ? sendLabel : sendHint}
              disabled={!canSend}
            >
              <Icon name="send" />
            </button>
          )}
          {isStoppable && (
            <button
              type="button"
              class="round stop"
              aria-label={stop.kind === "stopping" ? messages.stopping : messages.stop}
              title={messages.busyHint}
              aria-disabled={stop.kind === "stopping" ? "true" : undefined}
              onClick={cancel}
            >
              <Icon name="stop" />
            </button>
          )}
        </div>
        <div class="composer-foot">
          <span id={TOO_LONG_ID} class="too-long">
            {composer.tooLongBy.value > 0 ? messages.tooLong(formats.number(composer.tooLongBy.value)) : ""}
          </span>
          <span class="composer-hint">{isRunning.value ? messages.busyHint : sendHint}</span>
          <Usage />
        </div>
      </form>
    </>
  );
}

/** The model, and what the conversation has used of it. */
function Usage() {
  const { conversation, formats, messages } = useConsole();
  const { model } = conversation.greeting.value;
  const { input_tokens, output_tokens } = conversation.usage.value;
  const facts = [
    ...(model === "" ? [] : [model]),
    ...(input_tokens + output_tokens > 0
      ? [`${formats.compact(input_tokens + output_tokens)} ${messages.tokens}`]
      : []),
  ];
  return <span class="composer-usage">{facts.join(" · ")}</span>;
}

/** Grows the field with its text where the style sheet's `field-sizing` does not. */
function fitHeight(field: HTMLTextAreaElement): void {
  if (CSS.supports("field-sizing", "content") || field.value.length > LARGE_CHARS) return;
  field.style.height = "auto";
  field.style.height = `${field.scrollHeight}px`;
}
