/**
 * The peer of the console's bench: what one would write with React, @ai-sdk/react and Streamdown, as their own examples
 * have it. Messages are memoised, so that a delta renders the message that it belongs to. Plain JSX, since React's types
 * would be installed for this page alone.
 */
import { useChat } from "@ai-sdk/react";
import { DefaultChatTransport } from "ai";
import { memo, useEffect, useMemo, useRef, useState } from "react";
import { createRoot } from "react-dom/client";
import { Streamdown } from "streamdown";
import "streamdown/styles.css";

const Message = memo(function Message({ message, isAnimating }) {
  return (
    <article>
      {message.parts.map((part, index) =>
        part.type === "text" ? (
          <Streamdown key={index} isAnimating={isAnimating}>
            {part.text}
          </Streamdown>
        ) : null,
      )}
    </article>
  );
});

function Chat({ initial }) {
  const transport = useMemo(() => new DefaultChatTransport({ api: "./api/chat" }), []);
  const { messages, sendMessage, status } = useChat({ messages: initial, transport });
  const [input, setInput] = useState("");
  const scroller = useRef(null);
  useEffect(() => {
    globalThis.peerSend = (text) => void sendMessage({ text });
    document.documentElement.dataset.ready = "";
  }, [sendMessage]);
  useEffect(() => {
    scroller.current.scrollTop = scroller.current.scrollHeight;
  }, [messages]);
  return (
    <main style={{ display: "flex", flexDirection: "column", height: "100vh" }}>
      <div ref={scroller} style={{ flex: 1, overflowY: "auto" }}>
        {messages.map((message, index) => (
          <Message
            key={message.id}
            message={message}
            isAnimating={status === "streaming" && index === messages.length - 1}
          />
        ))}
      </div>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void sendMessage({ text: input });
          setInput("");
        }}
      >
        <textarea aria-label="Message" value={input} onChange={(event) => setInput(event.target.value)} />
      </form>
    </main>
  );
}

const initial = await (await fetch("./api/messages")).json();
createRoot(document.getElementById("root")).render(<Chat initial={initial} />);
