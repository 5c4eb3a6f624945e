/** How a call failed. */
import { ProblemError } from "../../protocol/problem.ts";

/** The code of the problem that a call ends with, or `null` where it succeeds; any other failure is thrown on. */
export async function problemCode(call: Promise<unknown> | (() => unknown)): Promise<string | null> {
  try {
    await (typeof call === "function" ? call() : call);
    return null;
  } catch (error) {
    if (error instanceof ProblemError) return error.code;
    throw error;
  }
}
