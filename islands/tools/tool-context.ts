/** How what is loaded on demand reaches its words. */
import { createContext } from "preact";
import { useContext } from "preact/hooks";
import type { ToolMessages } from "../messages-tools.ts";

export const ToolContext = createContext<ToolMessages | undefined>(undefined);

/** @throws TypeError outside of a tool. */
export function useToolMessages(): ToolMessages {
  const messages = useContext(ToolContext);
  if (messages === undefined) throw new TypeError("Cannot use a tool's component outside of a tool");
  return messages;
}
