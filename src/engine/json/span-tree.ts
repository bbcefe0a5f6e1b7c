// Where each value of a JSON text stands. Made only for a text that was read before and is about to be edited, so it
// trusts the grammar and depends on the depth that the reader allowed.
import type { JsonPath, JsonSpan } from "./json-document.ts";

export interface SpanNode extends JsonSpan {
  /** Members of an object by name, in the order of the text. */
  readonly members?: ReadonlyMap<string, SpanMember>;
  readonly items?: readonly SpanNode[];
}

export interface SpanMember {
  /** The name with its quotes. */
  readonly name: JsonSpan;
  readonly value: SpanNode;
}

export function findSpanNode(root: SpanNode, path: JsonPath): SpanNode | undefined {
  let node: SpanNode | undefined = root;
  for (const part of path) {
    if (node === undefined) return undefined;
    node = typeof part === "number" ? node.items?.[part] : node.members?.get(part)?.value;
  }
  return node;
}

/** `text` must be valid JSON within the bounds of its reader. */
export function createSpanTree(text: string): SpanNode {
  return readNode(text, skipBlanks(text, 0));
}

function readNode(text: string, start: number): SpanNode {
  const first = text.charAt(start);
  if (first === "{") return readObject(text, start);
  if (first === "[") return readArray(text, start);
  return { start, end: first === '"' ? skipString(text, start) : skipScalar(text, start) };
}

function readObject(text: string, start: number): SpanNode {
  const members = new Map<string, SpanMember>();
  let at = skipBlanks(text, start + 1);
  while (text.charAt(at) !== "}") {
    const name = { start: at, end: skipString(text, at) };
    const colon = skipBlanks(text, name.end);
    const value = readNode(text, skipBlanks(text, colon + 1));
    members.set(JSON.parse(text.slice(name.start, name.end)) as string, { name, value });
    at = skipComma(text, value.end);
  }
  return { start, end: at + 1, members };
}

function readArray(text: string, start: number): SpanNode {
  const items: SpanNode[] = [];
  let at = skipBlanks(text, start + 1);
  while (text.charAt(at) !== "]") {
    const item = readNode(text, at);
    items.push(item);
    at = skipComma(text, item.end);
  }
  return { start, end: at + 1, items };
}

function skipComma(text: string, from: number): number {
  const at = skipBlanks(text, from);
  return text.charAt(at) === "," ? skipBlanks(text, at + 1) : at;
}

function skipString(text: string, start: number): number {
  let at = start + 1;
  while (text.charAt(at) !== '"') at += text.charAt(at) === "\\" ? 2 : 1;
  return at + 1;
}

function skipScalar(text: string, start: number): number {
  let at = start;
  while (at < text.length && !/[\s,\]}]/.test(text.charAt(at))) at += 1;
  return at;
}

function skipBlanks(text: string, from: number): number {
  let at = from;
  while (/[ \n\r\t]/.test(text.charAt(at))) at += 1;
  return at;
}
