/** The tour's words in English. */
import type { TourMessages } from "./messages-tour.ts";

export const en: TourMessages = {
  title: "When things break",
  intro: "Each button breaks something. Press one and watch how the page takes it.",
  open: "Take the tour",
  close: "Close the tour",
  groups: {
    link: "Connection and Runtime",
    provider: "The model’s provider",
    answers: "Unusual answers",
  },
  steps: {
    drop: {
      label: "Drop my connection",
      before: "Cuts this page off from the server in the middle of an answer.",
      look: "The state at the top of the page said “Reconnecting”, then “Live” again, and the answer goes on without a missing word. Open the state: one more link, no gaps.",
      request: "",
    },
    restart: {
      label: "Restart the Runtime",
      before: "Closes the Runtime in the middle of an answer and opens it again; the server goes on.",
      look: "The answer ended with “Interrupted by a restart”, or goes on where the workspace is set to continue. Its text stayed, and so did everything that was said before.",
      request: "",
    },
    "rate-limit": {
      label: "429, too many requests",
      before: "The provider refuses twice before it answers.",
      look: "Each refused attempt is a quiet line that says how long the wait is. Then the answer comes by itself.",
      request: "Please answer, however often you are refused.",
    },
    stall: {
      label: "Stall",
      before: "The provider falls silent in the middle of the answer.",
      look: "The answer has stopped growing. After a while without a word it ends as stalled and keeps its text; Esc ends it sooner.",
      request: "Please begin, and then fall silent.",
    },
    malformed: {
      label: "Malformed chunk",
      before: "A piece in the middle of the answer arrives broken.",
      look: "The answer ends with the reason and keeps what came before the broken piece.",
      request: "Please send me a broken piece.",
    },
    cut: {
      label: "Stream cut",
      before: "The provider hangs up in the middle of the answer.",
      look: "The answer ends as broken off and keeps its text. “Ask again” stands below it.",
      request: "Please hang up in the middle.",
    },
    auth: {
      label: "Refused key",
      before: "The provider does not accept the key.",
      look: "The failure gives the provider’s own reason, without the key. Nothing is tried again, since that would not help.",
      request: "Please answer without a valid key.",
    },
    long: {
      label: "Very long answer",
      before: "Writes about 100 kB, as fast as a model can.",
      look: "The page stays quick while it grows. Scroll up: you stay where you read, and a button brings you back to the end.",
      request: "Please write a very long answer.",
    },
    think: {
      label: "Thinking",
      before: "The model thinks first, then answers.",
      look: "The thinking is folded into one line that says how long it took. Open it to read along.",
      request: "Please think first.",
    },
  },
  slowRequest: "Please take your time.",
  noRestart:
    "This Worker lives in a Runtime elsewhere, which the tour leaves alone. With a Worker of this server’s own Runtime, the tour can restart it too.",
  failed: "The server did not do that. Try again.",
};
