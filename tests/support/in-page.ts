/**
 * What tests run inside a page, whichever browser has it.
 *
 * Each function stands by itself: its text is sent to the page, where nothing of this file exists.
 */

/** Puts what notifications would say into `shownNotifications`, as `title: text`, and allows them. */
export function recordNotifications(): void {
  const shown: string[] = [];
  class Recorded extends EventTarget {
    static readonly permission = "granted";
    static readonly requestPermission = () => Promise.resolve("granted");
    constructor(title: string, options?: NotificationOptions) {
      super();
      shown.push(`${title}: ${options?.body}`);
    }
  }
  Object.assign(globalThis, { Notification: Recorded, shownNotifications: shown });
}

/** Waits until nothing in the log has moved from one frame to the next, for a while. */
export function logAtRest(log: Element): Promise<void> {
  return new Promise((resolve) => {
    let still = 0;
    let before = "";
    const look = () => {
      const present = `${log.scrollTop} ${log.scrollHeight}`;
      still = present === before ? still + 1 : 0;
      before = present;
      if (still === 10) resolve();
      else requestAnimationFrame(look);
    };
    look();
  });
}

/** Scrolls to what is selected. @returns whether that can be seen then */
export function showSelection(): boolean {
  const range = getSelection()?.getRangeAt(0);
  range?.startContainer.parentElement?.scrollIntoView({ block: "center" });
  const rect = range?.getBoundingClientRect();
  return rect !== undefined && rect.top > 0 && rect.bottom < innerHeight;
}
