/**
 * What shows the text of an answer.
 *
 * Owns the place for it only: the reader of Markdown is the largest part of a page, so whoever renders a transcript says
 * which it is, and a page without an answer is rendered before it is loaded.
 */
import { createContext, type ComponentType } from "preact";
import { useContext } from "preact/hooks";
import type { MarkdownProps } from "../markdown/markdown.tsx";

/** A component that shows a text in Markdown. */
export type AnswerText = ComponentType<MarkdownProps>;

export const AnswerTextContext = createContext<AnswerText | undefined>(undefined);

/** @throws TypeError where an answer is to be shown and nothing to show it with was given. */
export function useAnswerText(): AnswerText {
  const value = useContext(AnswerTextContext);
  if (value === undefined) throw new TypeError("Cannot show an answer without a reader of Markdown");
  return value;
}
