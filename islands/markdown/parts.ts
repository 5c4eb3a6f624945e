/**
 * What the reader of Markdown loads only when a text needs it: colours for listings, formulas.
 *
 * Owns when that happens: a part is asked for by the first element near the screen that wants it, and elements are told
 * one by one that they are near, so that a page full of listings never holds up a keystroke. A part that could not be
 * loaded is asked for again by the next element; until then the plain text stands.
 */
import { signal, useSignal, type ReadonlySignal, type Signal } from "@preact/signals";
import { createContext } from "preact";
import { useContext, useEffect } from "preact/hooks";

/** How far from the screen an element is near. */
const NEAR_PX = 800;

interface LazyPart<Part> {
  /** The part, once it is here. */
  readonly value: ReadonlySignal<Part | undefined>;
  request(): void;
}

function createLazyPart<Part>(load: () => Promise<Part>): LazyPart<Part> {
  const value = signal<Part | undefined>(undefined);
  let isAsked = false;
  return {
    value,
    request() {
      if (isAsked) return;
      isAsked = true;
      load().then(
        (part) => (value.value = part),
        () => (isAsked = false),
      );
    },
  };
}

/** Everything that is loaded on demand. */
function createMarkdownParts() {
  return {
    highlight: createLazyPart(async () => (await import("./highlight/highlight.tsx")).createHighlighter()),
    maths: createLazyPart(async () => (await import("./maths/mathml.tsx")).renderMaths),
    near: createNearness(),
  };
}

const PartsContext = createContext(createMarkdownParts());

/** Whether what is shown is being written right now, before the reader's eyes. */
export const LiveContext = createContext(false);

export function useMarkdownParts() {
  return useContext(PartsContext);
}

interface Nearness {
  /** Sets the signal once the element has come near; the returned function gives up waiting for that. */
  watch(element: Element, isNear: Signal<boolean>): () => void;
}

function createNearness(): Nearness {
  const waiting = new Map<Element, Signal<boolean>>();
  const come: Signal<boolean>[] = [];
  let observer: IntersectionObserver | undefined;
  const tellOne = () => {
    const next = come.shift();
    if (next) next.value = true;
    if (come.length > 0) setTimeout(tellOne);
  };
  const see = (entries: readonly IntersectionObserverEntry[]) => {
    const wasIdle = come.length === 0;
    for (const { target, isIntersecting } of entries) {
      const isNear = waiting.get(target);
      if (!isIntersecting || !isNear) continue;
      waiting.delete(target);
      observer?.unobserve(target);
      come.push(isNear);
    }
    if (wasIdle && come.length > 0) setTimeout(tellOne);
  };
  return {
    watch(element, isNear) {
      const margin = `${NEAR_PX}px 0px`;
      observer ??= new IntersectionObserver(see, { rootMargin: margin, scrollMargin: margin });
      waiting.set(element, isNear);
      observer.observe(element);
      return () => {
        waiting.delete(element);
        observer?.unobserve(element);
      };
    },
  };
}

/**
 * Whether an element is near the screen, or was. What is being written counts as near from the start.
 * @param isWanted Whether it matters.
 */
export function useIsNear(element: { readonly current: Element | null }, isWanted: boolean): boolean {
  const { near } = useMarkdownParts();
  const isLive = useContext(LiveContext);
  const isNear = useSignal(isLive);
  useEffect(() => {
    if (!isWanted || isNear.peek() || !element.current) return undefined;
    return near.watch(element.current, isNear);
  }, [isWanted]);
  return isWanted && isNear.value;
}
