/** Every key that the page knows, on one sheet. */
import { useFrame } from "../context.ts";
import { Dialog } from "../tools/dialog.tsx";
import type { ToolProps } from "../tools/open-tool.tsx";
import { useToolMessages } from "../tools/tool-context.ts";
import { isMac } from "../tools/is-mac.ts";

export function ShortcutSheet({ close }: ToolProps) {
  const { preferences } = useFrame();
  const words = useToolMessages().shortcuts;
  const modifier = isMac() ? "⌘" : "Ctrl";
  const alt = isMac() ? "⌥" : "Alt";
  const sends = preferences.sendKey.value === "enter";
  const groups: readonly (readonly [string, readonly (readonly [string, readonly string[]])[]])[] = [
    [
      words.everywhere,
      [
        [words.palette, [modifier, "K"]],
        [words.previousWorker, [alt, "↑"]],
        [words.nextWorker, [alt, "↓"]],
        [words.stop, ["Esc"]],
      ],
    ],
    [
      words.outsideFields,
      [
        [words.search, ["/"]],
        [words.sheet, ["?"]],
      ],
    ],
    [
      words.inMessage,
      [
        [words.send, sends ? ["Enter"] : [modifier, "Enter"]],
        [words.newLine, sends ? ["Shift", "Enter"] : ["Enter"]],
      ],
    ],
  ];
  return (
    <Dialog kind="shortcuts" title={words.title} onClose={close}>
      {groups.map(([heading, rows]) => (
        <section key={heading}>
          <h3>{heading}</h3>
          <dl class="shortcut-list">
            {rows.map(([what, keys]) => (
              <div key={what}>
                <dt>{what}</dt>
                <dd>
                  {keys.map((key) => (
                    <kbd key={key}>{key}</kbd>
                  ))}
                </dd>
              </div>
            ))}
          </dl>
        </section>
      ))}
    </Dialog>
  );
}
