/** A code listing: its language, a copy button, and the text, which scrolls sideways by itself. */
import { useSignal } from "@preact/signals";
import { useMessages } from "../context.ts";
import { copyText } from "../copy-text.ts";

const COPIED_MS = 1_600;

export function CodeBlock({ language, text }: { readonly language: string; readonly text: string }) {
  const messages = useMessages();
  const isCopied = useSignal(false);
  const name = /^[\w+#.-]{1,24}/.exec(language)?.[0] ?? "";
  const copy = async () => {
    isCopied.value = await copyText(text);
    setTimeout(() => (isCopied.value = false), COPIED_MS);
  };
  return (
    <figure class="code">
      <figcaption>
        <span>{name}</span>
        <button type="button" class="needs-script" onClick={() => void copy()}>
          {isCopied.value ? messages.copied : messages.copy}
        </button>
      </figcaption>
      <pre tabIndex={0}>
        <code class="notranslate">{text}</code>
      </pre>
    </figure>
  );
}
