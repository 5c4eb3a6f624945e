/** The tour as a panel beside the conversation: its buttons, what each will do, and afterwards what to look at. */
import { Icon } from "../icon.tsx";
import type { TourMessages } from "./messages-tour.ts";
import { TOUR, type TourStep } from "./tour-steps.ts";
import type { Tour } from "./tour.ts";

export interface TourPanelProps {
  readonly tour: Tour;
  readonly words: TourMessages;
  readonly onClose: () => void;
}

export function TourPanel({ tour, words, onClose }: TourPanelProps) {
  return (
    <>
      <header class="tour-head">
        <h2>{words.title}</h2>
        <button type="button" class="icon-button" aria-label={words.close} onClick={onClose}>
          <Icon name="close" />
        </button>
      </header>
      <p class="tour-intro">{words.intro}</p>
      {TOUR.map(({ id, steps }) => (
        <section key={id} aria-labelledby={`tour-${id}`}>
          <h3 id={`tour-${id}`}>{words.groups[id]}</h3>
          <ul>
            {steps.map((step) =>
              step.id === "restart" && tour.isElsewhere.value ? (
                <li key={step.id} class="tour-step">
                  <p>{words.noRestart}</p>
                </li>
              ) : (
                <Step key={step.id} step={step} tour={tour} words={words} />
              ),
            )}
          </ul>
        </section>
      ))}
    </>
  );
}

interface StepProps {
  readonly step: TourStep;
  readonly tour: Tour;
  readonly words: TourMessages;
}

function Step({ step, tour, words }: StepProps) {
  const state = tour.state.value;
  const phase = state?.step === step.id ? state.phase : undefined;
  const { label, before, look } = words.steps[step.id];
  const beforeId = `tour-${step.id}-before`;
  return (
    <li class="tour-step" data-phase={phase}>
      <button
        type="button"
        class="quiet-button"
        aria-describedby={beforeId}
        aria-disabled={tour.isOff.value || state?.phase === "under_way" ? "true" : undefined}
        onClick={() => void tour.take(step)}
      >
        {label}
      </button>
      <p id={beforeId}>{before}</p>
      <p class="tour-look" role="status">
        {phase === "done" ? look : phase === "failed" ? words.failed : ""}
      </p>
    </li>
  );
}
