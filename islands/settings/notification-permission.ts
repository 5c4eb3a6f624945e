/** Whether the browser lets the page notify: asked of it each time, since people change it elsewhere. */

/** `missing`: the browser has no notifications, or not over a connection like this. */
export type Permission = NotificationPermission | "missing";

export function notificationPermission(): Permission {
  return typeof Notification === "undefined" ? "missing" : Notification.permission;
}

/** Asks the person, once; their answer stands until they change it in the browser. */
export async function askForNotifications(): Promise<Permission> {
  if (notificationPermission() !== "default") return notificationPermission();
  return Notification.requestPermission();
}
