/**
 * A dialog above the page: the browser's own, so that the rest of the page is out of reach and Escape closes it, unless
 * it is an input method's. Owns its frame and its closing; the focus goes back to where it was, which the browser does
 * by itself.
 */
import type { ComponentChildren } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";
import { useFrame } from "../context.ts";
import { Icon } from "../icon.tsx";
import { useToolMessages } from "./tool-context.ts";

export interface DialogProps {
  readonly kind: string;
  readonly title: string;
  /** Whether the title is for screen readers only. */
  readonly isTitleHidden?: boolean;
  readonly role?: "alertdialog";
  readonly describedBy?: string;
  readonly onClose: () => void;
  readonly children: ComponentChildren;
}

export function Dialog(props: DialogProps) {
  const { kind, title, isTitleHidden = false, role, describedBy, onClose, children } = props;
  const words = useToolMessages();
  const { ime } = useFrame();
  const dialog = useRef<HTMLDialogElement>(null);
  /** Where the pointer went down. */
  const pressed = useRef<EventTarget | null>(null);
  const titleId = `${kind}-title`;
  useLayoutEffect(() => {
    const element = dialog.current;
    element?.showModal();
    return () => element?.close();
  }, []);
  return (
    <dialog
      ref={dialog}
      class={`tool tool-${kind}`}
      role={role}
      aria-labelledby={titleId}
      aria-describedby={describedBy}
      onClose={(event) => {
        if (event.target === dialog.current) onClose();
      }}
      onKeyDown={(event) => {
        if (event.key === "Escape" && ime.owns(event)) event.preventDefault();
      }}
      onPointerDown={(event) => (pressed.current = event.target)}
      onClick={(event) => {
        // The backdrop is the dialog's own: what is inside it stands on a child. A selection that began in a field and
        // is let go of outside is a click on the dialog too.
        const isOutside = event.target === event.currentTarget && pressed.current === event.currentTarget;
        if (isOutside) event.currentTarget.close();
      }}
    >
      <div class="tool-body">
        <header class={isTitleHidden ? "visually-hidden" : "tool-head"}>
          <h2 id={titleId}>{title}</h2>
          {!isTitleHidden && (
            <button type="button" class="icon-button" aria-label={words.close} onClick={() => dialog.current?.close()}>
              <Icon name="close" />
            </button>
          )}
        </header>
        {children}
      </div>
    </dialog>
  );
}
