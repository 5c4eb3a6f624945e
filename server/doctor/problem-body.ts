/**
 * The part of a problem's body by which the doctor recognises the server.
 */
import * as z from "zod/mini";

export const ProblemBody = z.looseObject({ code: z.string().check(z.maxLength(100), z.regex(/^[a-z_]+$/)) });
