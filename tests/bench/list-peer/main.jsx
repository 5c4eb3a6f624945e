/**
 * Peers of the long conversation, in React: virtua's list, set up for a chat as its own example does it, or every item in
 * the document. Items are memoised, and Streamdown reads their Markdown. What happens to them is told by a socket. Plain
 * JSX, since React's types would be installed for the bench alone.
 */
import { memo, useEffect, useLayoutEffect, useRef, useState } from "react";
import { createRoot } from "react-dom/client";
import { Streamdown } from "streamdown";
import { VList } from "virtua";
import "streamdown/styles.css";

const AT_END_PX = 1.5;

const Item = memo(function Item({ id, text }) {
  return (
    <article id={`item-${id}`} style={{ padding: "10px 0" }}>
      <Streamdown>{text}</Streamdown>
    </article>
  );
});

function VirtualList({ items, isPrepend }) {
  const list = useRef(null);
  const isAtEnd = useRef(true);
  useEffect(() => {
    if (isAtEnd.current) list.current?.scrollToIndex(items.length - 1, { align: "end" });
  }, [items]);
  return (
    <VList
      ref={list}
      data={items}
      className="scroller"
      style={{ flex: 1 }}
      reverse
      shift={isPrepend}
      onScroll={(offset) => {
        const { scrollSize, viewportSize } = list.current;
        isAtEnd.current = offset - scrollSize + viewportSize >= -AT_END_PX;
      }}
    >
      {(item) => <Item key={item.id} id={item.id} text={item.text} />}
    </VList>
  );
}

function FullList({ items }) {
  const scroller = useRef(null);
  const isAtEnd = useRef(true);
  useLayoutEffect(() => {
    if (isAtEnd.current) scroller.current.scrollTop = scroller.current.scrollHeight;
  }, [items]);
  return (
    <div
      ref={scroller}
      className="scroller"
      style={{ flex: 1, overflowY: "auto" }}
      onScroll={({ currentTarget: { scrollTop, scrollHeight, clientHeight } }) => {
        isAtEnd.current = scrollTop - scrollHeight + clientHeight >= -AT_END_PX;
      }}
    >
      {items.map((item) => (
        <Item key={item.id} id={item.id} text={item.text} />
      ))}
    </div>
  );
}

const LISTS = { virtua: VirtualList, full: FullList };
const List = LISTS[new URLSearchParams(location.search).get("list")];

function changed({ items }, message) {
  switch (message.kind) {
    case "append":
      return { items: [...items, message.item], isPrepend: false };
    case "prepend":
      return { items: [...message.items, ...items], isPrepend: true };
    case "update": {
      const last = items.at(-1);
      return { items: items.with(-1, { ...last, text: last.text + message.text }), isPrepend: false };
    }
  }
}

function Conversation({ initial }) {
  const [state, setState] = useState({ items: initial, isPrepend: false });
  useEffect(() => {
    const socket = new WebSocket(location.origin.replace("http", "ws"));
    socket.addEventListener("open", () => (document.documentElement.dataset.ready = ""));
    socket.addEventListener("message", ({ data }) => {
      const message = JSON.parse(data);
      setState((before) => changed(before, message));
    });
    return () => socket.close();
  }, []);
  return (
    <main style={{ display: "flex", flexDirection: "column", height: "100vh" }}>
      <List items={state.items} isPrepend={state.isPrepend} />
    </main>
  );
}

const initial = await (await fetch("./api/initial")).json();
createRoot(document.getElementById("root")).render(<Conversation initial={initial} />);
