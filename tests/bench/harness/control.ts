/**
 * How a bench talks to the programs that it has started: questions and answers over the process's own channel.
 *
 * Owns the message shapes and the program's side; `child.ts` has the bench's side. A program whose bench is gone ends.
 */
import process from "node:process";
import * as z from "zod/mini";

/** `{"id":1,"method":"open","argument":{…}}`. */
export const Question = z.strictObject({ id: z.number(), method: z.string(), argument: z.optional(z.unknown()) });
export type Question = z.infer<typeof Question>;

/** `{"id":1,"value":…}` or `{"id":1,"error":"…"}`. */
export const Answer = z.strictObject({ id: z.number(), value: z.optional(z.unknown()), error: z.optional(z.string()) });
export type Answer = z.infer<typeof Answer>;

/** Answers the bench's questions until it ends. Each method parses its own argument. */
export function answerRequests(methods: Readonly<Record<string, (argument: unknown) => unknown>>): void {
  const reply = (answer: Answer): void => {
    process.send?.(answer);
  };
  const answerOne = async ({ id, method, argument }: Question): Promise<void> => {
    try {
      const handle = methods[method];
      if (handle === undefined) throw new RangeError(`Cannot answer "${method}": this program has no such method`);
      reply({ id, value: await handle(argument) });
    } catch (error) {
      reply({ id, error: error instanceof Error ? (error.stack ?? error.message) : String(error) });
    }
  };
  process.on("message", (message) => void answerOne(Question.parse(message)));
  process.on("disconnect", () => process.exit(0));
}
