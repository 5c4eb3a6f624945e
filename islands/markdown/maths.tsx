/**
 * A formula. Its TeX stands as it was written until the renderer has come, and where the renderer cannot read it. In a text
 * that is being written it takes one short line until then, so that nothing moves when the formula comes.
 */
import { useContext, useEffect, useLayoutEffect, useMemo, useRef } from "preact/hooks";
import { LiveContext, useIsNear, useMarkdownParts } from "./parts.ts";

interface MathsProps {
  readonly source: string;
  /** As it was written, with its marks. */
  readonly raw: string;
  readonly isDisplay: boolean;
  readonly isOpen: boolean;
}

export function Maths({ source, raw, isDisplay, isOpen }: MathsProps) {
  const { maths } = useMarkdownParts();
  const isLive = useContext(LiveContext);
  const element = useRef<HTMLSpanElement>(null);
  const isNear = useIsNear(element, true);
  useEffect(() => {
    if (isNear) maths.request();
  }, [isNear]);
  useLayoutEffect(() => {
    // For whoever copies the text: of the formula's own elements 10⁶ would be 106.
    if (element.current) element.current.dataset["tex"] = raw.trim();
  }, [raw]);
  const render = maths.value.value;
  const formula = useMemo(
    () => (render && isNear && !isOpen ? render(source, isDisplay) : undefined),
    [render, isNear, isOpen, source, isDisplay],
  );
  return (
    <span
      class="math notranslate"
      data-display={isDisplay ? "" : undefined}
      data-open={isOpen || (isLive && !render) ? "" : undefined}
      ref={element}
    >
      {formula ?? <code class="math-source">{raw.trim()}</code>}
    </span>
  );
}
