/**
 * Rendered Markdown as plain text, for a clipboard: paragraphs apart, list items with their marks, code as it is,
 * formulas as they were written, and nothing of the page's own buttons. Owns the way through the elements; pure but for
 * reading them.
 */

/** The text of an element's content. */
export function plainText(root: Node): string {
  return blocksOf(root).join("\n\n").trim();
}

/** The blocks inside a node; a run of text between blocks is one too. */
function blocksOf(node: Node): readonly string[] {
  const blocks: string[] = [];
  let line = "";
  const endLine = () => {
    if (line.trim() !== "") blocks.push(line.trim());
    line = "";
  };
  for (const child of node.childNodes) {
    const own = blockOf(child);
    if (own === undefined) {
      line += inlineText(child);
      continue;
    }
    endLine();
    if (own !== "") blocks.push(own);
  }
  endLine();
  return blocks;
}

/** An element that stands by itself; `undefined` for what is part of a line. */
function blockOf(node: Node): string | undefined {
  if (!(node instanceof Element)) return undefined;
  // A formula in a line of its own.
  if (node instanceof HTMLElement && node.dataset["display"] !== undefined) return node.dataset["tex"];
  switch (node.tagName) {
    case "PRE":
      return (node.textContent ?? "").replace(/\n$/, "");
    case "FIGCAPTION":
    case "BUTTON":
    case "HR":
      return "";
    case "UL":
    case "OL":
      return listText(node);
    case "TABLE":
      return tableText(node);
    case "P":
    case "DIV":
    case "FIGURE":
    case "SECTION":
    case "BLOCKQUOTE":
    case "LI":
    case "H1":
    case "H2":
    case "H3":
    case "H4":
    case "H5":
    case "H6":
      return blocksOf(node).join("\n\n");
    default:
      return undefined;
  }
}

function inlineText(node: Node): string {
  if (node instanceof Element && node.tagName === "BR") return "\n";
  // The box of a task; an answer has no other field.
  if (node instanceof HTMLInputElement) return node.checked ? "[x] " : "[ ] ";
  if (node instanceof HTMLElement && node.dataset["tex"] !== undefined) return node.dataset["tex"];
  if (!(node instanceof Element)) return node.nodeType === Node.TEXT_NODE ? (node.textContent ?? "") : "";
  return [...node.childNodes].map((child) => blockOf(child) ?? inlineText(child)).join("");
}

function listText(list: Element): string {
  const start = Number(list.getAttribute("start") ?? 1);
  const items = [...list.children].filter(({ tagName }) => tagName === "LI");
  return items
    .map((item, place) => {
      const mark = list.tagName === "OL" ? `${start + place}. ` : "- ";
      // A nested list follows its line directly, and everything of the item stands under its first letter.
      return (
        mark +
        blocksOf(item)
          .join("\n")
          .replaceAll("\n", `\n${" ".repeat(mark.length)}`)
      );
    })
    .join("\n");
}

function tableText(table: Element): string {
  return [...table.querySelectorAll("tr")]
    .map((row) => [...row.children].map((cell) => blocksOf(cell).join(" ")).join("\t"))
    .join("\n");
}
