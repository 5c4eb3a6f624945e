/** Keeps events, for the bench's account of how fast that goes on an engine. */
import * as z from "zod/mini";
import { APPEND_SUBJECTS, measureAppending, type AppendSubject } from "../appending.ts";
import { answerRequests } from "../harness/control.ts";

const Subject = z.enum(Object.keys(APPEND_SUBJECTS) as [AppendSubject, ...AppendSubject[]]); // why: keys() forgets them

/** Measures one subject at a time. */
export function start(): void {
  answerRequests({ measure: (argument) => measureAppending(Subject.parse(argument)) });
}
