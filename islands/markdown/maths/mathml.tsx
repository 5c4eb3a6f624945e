/**
 * TeX as MathML, element by element. Loaded when the first formula is near the screen.
 *
 * Owns what a formula can become: of the renderer's tree only known elements, attributes and styles are taken over, and
 * text stays text. Whatever in TeX reaches beyond the formula (links, pictures, classes) is refused before that.
 */
import type { ComponentChild } from "preact";
import temml, { type Options } from "temml";

const MAX_EXPANSIONS = 400;
/** The largest lengths that TeX may ask for, in em. */
const MAX_SIZE_EM = 40;
const MAX_DEPTH = 120;

const ELEMENTS: ReadonlySet<string> = new Set(
  (
    "math mi mn mo mtext mspace ms mrow mfrac msqrt mroot mstyle merror mpadded mphantom menclose " +
    "msub msup msubsup munder mover munderover mmultiscripts mprescripts none mtable mtr mtd mlabeledtr"
  ).split(" "),
);
const ATTRIBUTES: ReadonlySet<string> = new Set(
  (
    "accent accentunder columnalign columnlines columnspacing columnspan depth dir display displaystyle fence form height " +
    "largeop linethickness lspace mathsize mathvariant maxsize minsize movablelimits notation rowalign rowlines rowspacing " +
    "rowspan rspace scriptlevel separator stretchy symmetric voffset width"
  ).split(" "),
);
const STYLES =
  /^(?:color|backgroundColor|display|width|height|minWidth|fontSize|fontWeight|fontStyle|textAlign|verticalAlign|(?:padding|margin|border)\w*)$/;
const SAFE_STYLE = /^[\w\s.,#%()+-]{1,80}$/;

/** What the renderer's nodes have, as far as it is read. */
interface TreeNode {
  readonly type?: string;
  readonly text?: string;
  readonly children?: readonly TreeNode[];
  readonly attributes?: Readonly<Record<string, unknown>>;
  readonly classes?: readonly unknown[];
  readonly style?: Readonly<Record<string, unknown>>;
}

/** The formula, or `undefined` for TeX that cannot be read. */
export function renderMaths(source: string, isDisplay: boolean): ComponentChild | undefined {
  try {
    const tree = treeOf(source, {
      displayMode: isDisplay,
      throwOnError: true,
      strict: false,
      trust: false,
      maxExpand: MAX_EXPANSIONS,
      maxSize: [MAX_SIZE_EM, MAX_SIZE_EM],
    });
    return elementOf(tree, 0);
  } catch {
    return undefined;
  }
}

/** The renderer's own tree. Not every engine's type checker finds the function that gives it. */
function treeOf(source: string, options: Options): TreeNode {
  const build: unknown = Reflect.get(temml, "__renderToMathMLTree");
  if (typeof build !== "function") throw new TypeError("Cannot show a formula: the renderer gives no tree");
  // why: just seen to be a function; what it gives is read key by key.
  return (build as (source: string, options: Options) => TreeNode)(source, options);
}

function elementOf(node: TreeNode, depth: number): ComponentChild {
  if (node.text !== undefined) return node.text;
  if (depth > MAX_DEPTH) throw new RangeError("Cannot show a formula: it is nested too deep");
  const children = (node.children ?? []).map((child) => elementOf(child, depth + 1));
  // What has attributes and no type is the renderer's own `span`; a fragment has neither.
  const tag = node.type ?? (node.attributes ? "span" : undefined);
  if (tag === undefined || (tag !== "span" && !ELEMENTS.has(tag))) return <>{children}</>;
  // why: JSX asks for one known element; the set above says which ones it may be.
  const Tag = tag as "mrow";
  return <Tag {...propertiesOf(node)}>{children}</Tag>;
}

function propertiesOf({ attributes = {}, classes = [], style = {} }: TreeNode) {
  const properties: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(attributes)) {
    const isPlain = typeof value === "string" || typeof value === "number" || typeof value === "boolean";
    if (ATTRIBUTES.has(name) && isPlain) properties[name] = String(value);
  }
  const names = classes.filter((name) => typeof name === "string" && /^[\w-]+$/.test(name));
  if (names.length > 0) properties["class"] = names.join(" ");
  const styles = Object.entries(style).filter(
    ([name, text]) => STYLES.test(name) && typeof text === "string" && SAFE_STYLE.test(text) && !text.includes("url"),
  );
  if (styles.length > 0) properties["style"] = Object.fromEntries(styles);
  return properties;
}
