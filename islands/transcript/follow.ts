/**
 * Following: whether the reader is at the newest text and wants to stay there.
 *
 * The scroller's content is laid out from its bottom (`column-reverse`), so that offset 0 is the newest text: the browser
 * itself opens there, stays there while text grows, and keeps an older place when pages are put before it. This module
 * only watches, and makes up for browsers without scroll anchoring.
 */
import { useSignal, type Signal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";

/** Nearer to the end than this counts as being there. */
const AT_END_PX = 24;
/** Nearer to the beginning than this, older pages are fetched. */
const NEAR_START_PX = 600;

export interface Follow {
  readonly isAtEnd: Signal<boolean>;
  /** @param button By which it was asked for, and which goes now: who came to it by keys reads on there. */
  jump(button: Element): void;
}

export function useFollow(scroller: { readonly current: HTMLElement | null }, onNearStart: () => void): Follow {
  const isAtEnd = useSignal(true);
  /** On the way to the end: growing text must not be taken for a reader who scrolls up. */
  const isJumping = useRef(false);
  useEffect(() => {
    const element = scroller.current;
    const content = element?.firstElementChild;
    if (!element || !content) return undefined;
    let height = content.clientHeight;
    const onScroll = () => {
      const hasArrived = element.scrollTop >= -AT_END_PX;
      if (hasArrived) isJumping.current = false;
      isAtEnd.value = hasArrived || isJumping.current;
      const above = element.scrollHeight - element.clientHeight + element.scrollTop;
      if (!isAtEnd.value && above < NEAR_START_PX) onNearStart();
    };
    const takeOver = () => {
      isJumping.current = false;
    };
    const hasAnchoring = CSS.supports("overflow-anchor", "auto");
    const sizes = new ResizeObserver(() => {
      const grownBy = content.clientHeight - height;
      height = content.clientHeight;
      if (isAtEnd.peek()) element.scrollTop = 0;
      else if (!hasAnchoring && grownBy > 0 && content.contains(document.querySelector("[data-streaming]"))) {
        element.scrollTop -= grownBy;
      }
    });
    // The address may have led elsewhere before the page came alive.
    onScroll();
    sizes.observe(content);
    element.addEventListener("scroll", onScroll, { passive: true });
    const ownMoves = ["wheel", "touchmove", "pointerdown", "keydown"] as const;
    for (const move of ownMoves) element.addEventListener(move, takeOver, { passive: true });
    return () => {
      sizes.disconnect();
      for (const move of ownMoves) element.removeEventListener(move, takeOver);
      element.removeEventListener("scroll", onScroll);
    };
  }, []);
  return {
    isAtEnd,
    jump(button) {
      if (document.activeElement === button) scroller.current?.focus({ preventScroll: true });
      isJumping.current = true;
      const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
      scroller.current?.scrollTo({ top: 0, behavior: calm ? "instant" : "smooth" });
      isAtEnd.value = true;
    },
  };
}
