/**
 * A code listing: its language, a copy button, and the text, which scrolls sideways by itself or breaks its lines. Colours
 * come once it is whole, and change no width or height.
 */
import { useSignal } from "@preact/signals";
import { useEffect, useMemo, useRef } from "preact/hooks";
import { useMessages } from "../context.ts";
import { copyText } from "../copy-text.ts";
import { useIsNear, useMarkdownParts } from "./parts.ts";

const COPIED_MS = 1_600;

interface CodeBlockProps {
  /** As it was written behind the fence, e.g. `ts title="a.ts"`. */
  readonly language: string;
  readonly text: string;
  /** Whether its end has come. */
  readonly isWhole: boolean;
}

export function CodeBlock({ language, text, isWhole }: CodeBlockProps) {
  const messages = useMessages();
  const isCopied = useSignal(false);
  const isWrapped = useSignal(false);
  const figure = useRef<HTMLElement>(null);
  const name = /^[\w+#.-]{1,24}/.exec(language)?.[0] ?? "";
  const copy = async () => {
    isCopied.value = await copyText(text);
    setTimeout(() => (isCopied.value = false), COPIED_MS);
  };
  return (
    <figure class="code" data-wrapped={isWrapped.value ? "" : undefined} ref={figure}>
      <figcaption>
        <span>{name}</span>
        <button
          type="button"
          class="needs-script"
          aria-pressed={isWrapped.value}
          onClick={() => (isWrapped.value = !isWrapped.value)}
        >
          {messages.wrapLines}
        </button>
        <button type="button" class="needs-script" onClick={() => void copy()}>
          {isCopied.value ? messages.copied : messages.copy}
        </button>
      </figcaption>
      <pre tabIndex={0}>
        <code class="notranslate">{useColours(figure, text, isWhole ? name : "") ?? text}</code>
      </pre>
    </figure>
  );
}

function useColours(figure: { readonly current: Element | null }, text: string, name: string) {
  const { highlight } = useMarkdownParts();
  const isWanted = name !== "";
  const isNear = useIsNear(figure, isWanted);
  useEffect(() => {
    if (isNear) highlight.request();
  }, [isNear]);
  const colour = highlight.value.value;
  return useMemo(
    () => (colour && isNear && isWanted ? colour(text, name.toLowerCase()) : undefined),
    [colour, isNear, isWanted, text, name],
  );
}
