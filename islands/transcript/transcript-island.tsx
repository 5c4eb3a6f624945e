/** The transcript as the browser brings it alive: with the reader of Markdown. */
import { Markdown } from "../markdown/markdown.tsx";
import { AnswerTextContext } from "./answer-text.ts";
import { Transcript } from "./transcript.tsx";

export function TranscriptIsland() {
  return (
    <AnswerTextContext.Provider value={Markdown}>
      <Transcript />
    </AnswerTextContext.Provider>
  );
}
