/**
 * A row of buttons with icons: one stop of the Tab key, with the arrow keys between its buttons. Owns the pattern for
 * whatever acts on a message; what a button does is its caller's matter, and its icon the style sheet's, by its name, so
 * that a long conversation does not carry thousands of drawings.
 */
import { useRef } from "preact/hooks";

export interface ToolbarAction<Name extends string = string> {
  readonly name: Name;
  readonly label: string;
  /** What it does, where the label is too short for that. */
  readonly hint?: string;
  /** Stays where it is and does nothing, so that the focus is not lost. */
  readonly isOff?: boolean;
}

export interface ToolbarProps<Name extends string> {
  readonly label: string;
  readonly actions: readonly ToolbarAction<Name>[];
  readonly onAction: (name: Name, button: HTMLElement) => void;
}

export function Toolbar<Name extends string>({ label, actions, onAction }: ToolbarProps<Name>) {
  const bar = useRef<HTMLDivElement>(null);
  /** Where Tab comes back to. */
  const stop = useRef(0);
  const focus = (place: number) => {
    const buttons = bar.current ? [...bar.current.querySelectorAll("button")] : [];
    stop.current = (place + buttons.length) % buttons.length;
    buttons.forEach((button, at) => (button.tabIndex = at === stop.current ? 0 : -1));
    buttons[stop.current]?.focus();
  };
  return (
    <div
      ref={bar}
      class="toolbar"
      role="toolbar"
      aria-label={label}
      onClick={({ target }) => {
        const button = target instanceof Element ? target.closest("button") : null;
        const place = actions.findIndex(({ name }) => name === button?.name);
        const action = actions[place];
        if (!button || !action) return;
        focus(place);
        if (!action.isOff) onAction(action.name, button);
      }}
      onKeyDown={(event) => {
        const place = placeAfter(event.key, stop.current, actions.length);
        if (place === undefined || event.altKey || event.ctrlKey || event.metaKey) return;
        event.preventDefault();
        focus(place);
      }}
    >
      {actions.map(({ name, label: words, hint, isOff }, at) => (
        <button
          key={name}
          type="button"
          name={name}
          aria-label={words}
          title={hint ?? words}
          aria-disabled={isOff ? "true" : undefined}
          tabIndex={at === Math.min(stop.current, actions.length - 1) ? 0 : -1}
        />
      ))}
    </div>
  );
}

/** Where a key leads from a place; past the last comes the first. */
function placeAfter(key: string, place: number, count: number): number | undefined {
  switch (key) {
    case "ArrowRight":
      return place + 1;
    case "ArrowLeft":
      return place - 1;
    case "Home":
      return 0;
    case "End":
      return count - 1;
    default:
      return undefined;
  }
}
