/** The rule of every browser test: none may leave an error behind in any of its tabs. */
import { afterEach } from "vitest";

/** Closes what a test has opened, and fails it where something went wrong there. @param stage Asked after each test */
export function leaveNoErrors(stage: () => { clear(): Promise<readonly string[]> }): void {
  afterEach(async () => {
    const complaints = await stage().clear();
    if (complaints.length > 0) throw new Error(`There were errors in the browser: ${complaints.join("\n")}`);
  });
}
