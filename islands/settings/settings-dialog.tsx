/**
 * What a person chooses for this browser. Every choice holds at once, and there is nothing to save; only the language
 * that arrow keys have come to waits for Enter, the space bar or the dialog's end.
 */
import { useSignal } from "@preact/signals";
import { useRef } from "preact/hooks";
import { useFrame } from "../context.ts";
import type { PreferenceValues } from "../store/preferences.ts";
import { Dialog } from "../tools/dialog.tsx";
import { isMac } from "../tools/is-mac.ts";
import type { ToolProps } from "../tools/open-tool.tsx";
import { useToolMessages } from "../tools/tool-context.ts";
import { choose } from "./choose.ts";
import { askForNotifications, notificationPermission } from "./notification-permission.ts";

export function SettingsDialog({ close }: ToolProps) {
  const frame = useFrame();
  const { preferences } = frame;
  const words = useToolMessages().settings;
  const sendKeys = words.sendKeys(isMac() ? "⌘" : "Ctrl");
  const reached = useSignal<PreferenceValues["locale"] | undefined>(undefined);
  /** Another language is another page: arrow keys, which choose all that they come by, are to reach the one meant. */
  const speakReached = () => {
    const locale = reached.peek();
    if (locale !== undefined && locale !== preferences.locale.peek()) choose(frame, { locale });
  };
  return (
    <Dialog
      kind="settings"
      title={words.title}
      onClose={() => {
        close();
        speakReached();
      }}
    >
      <Choice
        name="theme"
        legend={words.theme}
        value={preferences.theme.value}
        options={(["system", "light", "dark"] as const).map((theme) => [theme, words.themes[theme]])}
        onChoose={(theme) => choose(frame, { theme })}
      />
      <Choice
        name="locale"
        legend={words.language}
        value={reached.value ?? preferences.locale.value}
        options={[
          ["system", words.languageSystem],
          ["en", "English"],
          ["ja", "日本語"],
        ]}
        onStep={(locale) => (reached.value = locale)}
        onChoose={(locale) => {
          reached.value = locale;
          speakReached();
        }}
      />
      <Choice
        name="send-key"
        legend={words.sendKey}
        isStacked
        value={preferences.sendKey.value}
        options={(["enter", "mod-enter"] as const).map((key) => [key, sendKeys[key]])}
        onChoose={(sendKey) => choose(frame, { sendKey })}
      />
      <Notifications />
      <p class="tool-foot">{words.keptHere}</p>
      {frame.canLogOut && <LogOut />}
    </Dialog>
  );
}

interface ChoiceProps<Value extends string> {
  readonly name: string;
  readonly legend: string;
  readonly value: Value;
  readonly options: readonly (readonly [value: Value, label: string])[];
  /** One below the other, where the words are long. */
  readonly isStacked?: boolean;
  readonly onChoose: (value: Value) => void;
  /** Told of what arrow keys come to, where `onChoose` is told only with Enter or the space bar; else both are one. */
  readonly onStep?: (value: Value) => void;
}

function Choice<Value extends string>(props: ChoiceProps<Value>) {
  const { name, legend, value, options, isStacked = false, onChoose, onStep = onChoose } = props;
  const isStep = useRef(false);
  return (
    <fieldset class={isStacked ? "choice stacked" : "choice"}>
      <legend>{legend}</legend>
      <div
        class="choice-options"
        onPointerDown={() => (isStep.current = false)}
        onKeyDown={({ key }) => {
          isStep.current = key.startsWith("Arrow");
          if (key === "Enter" || key === " ") onChoose(value);
        }}
      >
        {options.map(([option, label]) => (
          <label key={option} lang={option === "en" || option === "ja" ? option : undefined}>
            <input
              type="radio"
              name={name}
              value={option}
              checked={option === value}
              onChange={() => (isStep.current ? onStep(option) : onChoose(option))}
            />
            <span>{label}</span>
          </label>
        ))}
      </div>
    </fieldset>
  );
}

const LOG_OUT_HINT_ID = "log-out-hint";

/** A form of its own: the server answers with the login page. */
function LogOut() {
  const { paths } = useFrame();
  const words = useToolMessages().settings;
  return (
    <form method="post" action={paths.logOut}>
      <fieldset class="choice">
        <legend>{words.login}</legend>
        <div class="choice-options">
          <button type="submit" class="quiet-button">
            {words.logOut}
          </button>
          <button type="submit" class="quiet-button" name="everywhere" value="1" aria-describedby={LOG_OUT_HINT_ID}>
            {words.logOutEverywhere}
          </button>
        </div>
        <p class="choice-hint" id={LOG_OUT_HINT_ID}>
          {words.logOutHint}
        </p>
      </fieldset>
    </form>
  );
}

const NOTIFY_HINT_ID = "notify-hint";

function Notifications() {
  const { preferences } = useFrame();
  const words = useToolMessages().settings;
  const permission = useSignal(notificationPermission());
  const isPossible = permission.value === "granted" || permission.value === "default";
  const hints = { granted: words.notifyHint, default: words.notifyHint, denied: words.notifyBlocked };
  return (
    <fieldset class="choice stacked">
      <legend>{words.notifications}</legend>
      <div class="choice-options">
        <label>
          <input
            type="checkbox"
            // What the browser does not allow is not on, whatever was chosen once.
            checked={preferences.notify.value && permission.value === "granted"}
            aria-disabled={isPossible ? undefined : "true"}
            aria-describedby={NOTIFY_HINT_ID}
            onClick={(event) => {
              const box = event.currentTarget;
              if (!isPossible) return event.preventDefault();
              if (!box.checked) return preferences.change({ notify: false });
              void askForNotifications().then((answer) => {
                permission.value = answer;
                preferences.change({ notify: answer === "granted" });
                box.checked = answer === "granted";
              });
            }}
          />
          <span>{words.notify}</span>
        </label>
      </div>
      <p class="choice-hint" id={NOTIFY_HINT_ID} role="status">
        {permission.value === "missing" ? words.notifyMissing : hints[permission.value]}
      </p>
    </fieldset>
  );
}
