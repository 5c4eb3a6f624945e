/**
 * Peers of the streamed answer: React with Streamdown, or with react-markdown and its extension for tables, as their own
 * examples have them. A delta is told by a socket and put behind the text; nothing else is on the page. Plain JSX, since
 * React's types would be installed for the bench alone.
 */
import { memo, useEffect, useRef, useState } from "react";
import { createRoot } from "react-dom/client";
import Markdown from "react-markdown";
import remarkGfm from "remark-gfm";
import { Streamdown } from "streamdown";
import "streamdown/styles.css";

const PLUGINS = [remarkGfm];

const RENDERERS = {
  streamdown: memo(function WithStreamdown({ text, isStreaming }) {
    return <Streamdown isAnimating={isStreaming}>{text}</Streamdown>;
  }),
  "react-markdown": memo(function WithReactMarkdown({ text }) {
    return <Markdown remarkPlugins={PLUGINS}>{text}</Markdown>;
  }),
};
const Renderer = RENDERERS[new URLSearchParams(location.search).get("renderer")];

function Answer() {
  const [answer, setAnswer] = useState({ text: "", isStreaming: false });
  const scroller = useRef(null);
  useEffect(() => {
    const socket = new WebSocket(location.origin.replace("http", "ws"));
    socket.addEventListener("open", () => (document.documentElement.dataset.ready = ""));
    socket.addEventListener("message", ({ data }) => {
      const { kind, text } = JSON.parse(data);
      if (kind === "delta") setAnswer((before) => ({ text: before.text + text, isStreaming: true }));
      else setAnswer({ text: "", isStreaming: false });
    });
    return () => socket.close();
  }, []);
  useEffect(() => {
    scroller.current.scrollTop = scroller.current.scrollHeight;
  }, [answer]);
  return (
    <main style={{ display: "flex", flexDirection: "column", height: "100vh" }}>
      <div ref={scroller} style={{ flex: 1, overflowY: "auto" }}>
        <Renderer text={answer.text} isStreaming={answer.isStreaming} />
      </div>
    </main>
  );
}

createRoot(document.getElementById("root")).render(<Answer />);
