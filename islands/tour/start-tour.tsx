/** Brings the tour alive over what the server rendered, and its opening and closing. Loaded where the demo answers. */
import { hydrate } from "preact";
import type { Console } from "../console.ts";
import { choiceCookie } from "../cookies.ts";
import { tourMessagesFor } from "./messages-tour.ts";
import { TOUR_COOKIE, type TourLayout } from "./tour-layout.ts";
import { TourPanel } from "./tour-panel.tsx";
import { createTour } from "./tour.ts";

/** @param fetch The browser's. */
export function startTour(page: Console, fetch: (input: string, init: RequestInit) => Promise<Response>): void {
  const root = document.getElementById("tour");
  const frame = root?.parentElement;
  if (!root || !frame) return;
  const words = tourMessagesFor(page.data.locale);
  const toggles = [...document.querySelectorAll<HTMLButtonElement>("[data-tour-toggle]")];
  const isShown = () => root.getClientRects().length > 0;

  const tell = () => {
    for (const toggle of toggles) {
      toggle.setAttribute("aria-expanded", String(isShown()));
      toggle.textContent = isShown() ? words.close : words.open;
    }
  };
  const lay = (layout: TourLayout) => {
    frame.dataset["tour"] = layout;
    document.cookie = choiceCookie(TOUR_COOKIE, layout === "closed" ? "closed" : "system", page.data.base);
    tell();
  };

  for (const toggle of toggles) {
    toggle.addEventListener("click", () => {
      lay(isShown() ? "closed" : "shown");
      if (isShown()) root.querySelector("button")?.focus();
    });
  }
  addEventListener("resize", tell);
  const close = () => {
    lay("closed");
    toggles.find((toggle) => toggle.checkVisibility())?.focus();
  };
  hydrate(<TourPanel tour={createTour({ page, words, fetch })} words={words} onClose={close} />, root);
  root.dataset["hydrated"] = "";
  tell();
}
