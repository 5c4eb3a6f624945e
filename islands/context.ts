/** How components reach the console that they belong to. */
import { createContext } from "preact";
import { useContext } from "preact/hooks";
import type { Console } from "./console.ts";
import type { Messages } from "./messages.ts";

export const ConsoleContext = createContext<Console | undefined>(undefined);

/** @throws TypeError outside of a console. */
export function useConsole(): Console {
  const value = useContext(ConsoleContext);
  if (value === undefined) throw new TypeError("Cannot use a console's component outside of a console");
  return value;
}

export function useMessages(): Messages {
  return useConsole().messages;
}
