/** Whether the keyboard is an Apple one, where ⌘ stands for Ctrl and ⌥ for Alt. */
export function isMac(): boolean {
  return /Mac|iPhone|iPad/.test(navigator.userAgent);
}
