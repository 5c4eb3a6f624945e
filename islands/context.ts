/** How components reach the console that they belong to. */
import { createContext } from "preact";
import { useContext } from "preact/hooks";
import type { Console } from "./console.ts";
import type { Frame } from "./frame.ts";
import type { Messages } from "./messages.ts";

export const ConsoleContext = createContext<Console | undefined>(undefined);

/** For a page without a conversation. */
export const FrameContext = createContext<Frame | undefined>(undefined);

/** @throws TypeError outside of a console. */
export function useConsole(): Console {
  const value = useContext(ConsoleContext);
  if (value === undefined) throw new TypeError("Cannot use a console's component outside of a console");
  return value;
}

/**
 * What a console and a page without a conversation have in common.
 * @throws TypeError outside of both.
 */
export function useFrame(): Frame {
  const page = useContext(ConsoleContext);
  const frame = useContext(FrameContext) ?? page;
  if (frame === undefined) throw new TypeError("Cannot use a page's component outside of a page");
  return frame;
}

export function useMessages(): Messages {
  return useFrame().messages;
}
