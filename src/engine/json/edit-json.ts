// Changes parts of a JSON text in place: what is not named keeps its spelling, so that a number nobody repaired leaves
// as it came, whatever a double would make of it.
import type { JsonPath, JsonSpan } from "./json-document.ts";
import { createSpanTree, findSpanNode, type SpanNode } from "./span-tree.ts";

/** `text` is JSON of one value. */
export type JsonEdit =
  | { readonly kind: "replace"; readonly path: JsonPath; readonly text: string }
  | { readonly kind: "remove"; readonly path: JsonPath }
  /** Adds a member at the end of the object at `path`, which must not have `name`. */
  | { readonly kind: "insert"; readonly path: JsonPath; readonly name: string; readonly text: string }
  /** Gives the member at `path` another name, which its object must not have. */
  | { readonly kind: "rename"; readonly path: JsonPath; readonly name: string };

interface Splice extends JsonSpan {
  readonly text: string;
}

/**
 * The text with all `edits` made; paths are those of `text`. Edits inside a value that is replaced or removed by
 * another edit are dropped with it. Throws RangeError for a path that is not there.
 */
export function editJson(text: string, edits: readonly JsonEdit[]): string {
  const tree = createSpanTree(text);
  const splices: Splice[] = [];
  const removed = new Map<SpanNode, Set<JsonSpan>>();
  for (const edit of edits) {
    if (edit.kind === "replace") splices.push({ ...spanOf(tree, edit.path), text: edit.text });
    else if (edit.kind === "rename") splices.push({ ...nameSpanOf(tree, edit.path), text: quote(edit.name) });
    else if (edit.kind === "remove") {
      const parent = getNode(tree, edit.path.slice(0, -1));
      const gone = removed.get(parent) ?? new Set<JsonSpan>();
      removed.set(parent, gone.add(getNode(tree, edit.path)));
    }
  }
  for (const [parent, gone] of removed) splices.push(...removeParts(parent, gone));
  splices.push(...insertMembers(tree, edits, removed));
  return applySplices(text, splices);
}

function insertMembers(
  tree: SpanNode,
  edits: readonly JsonEdit[],
  removed: ReadonlyMap<SpanNode, ReadonlySet<JsonSpan>>,
): Splice[] {
  const added = new Map<SpanNode, string[]>();
  for (const edit of edits) {
    if (edit.kind !== "insert") continue;
    const parent = getNode(tree, edit.path);
    const texts = added.get(parent) ?? [];
    texts.push(`${quote(edit.name)}:${edit.text}`);
    added.set(parent, texts);
  }
  return [...added].map(([parent, texts]) => {
    const parts = partsOf(parent);
    const isEmpty = parts.length - (removed.get(parent)?.size ?? 0) === 0;
    const at = parts.at(-1)?.end ?? parent.start + 1;
    return { start: at, end: at, text: (isEmpty ? "" : ",") + texts.join(",") };
  });
}

interface Part {
  readonly value: JsonSpan;
  readonly start: number;
  readonly end: number;
}

function partsOf(node: SpanNode): Part[] {
  const items = node.items ?? [];
  if (node.members === undefined)
    return items.map((value) => ({ value, start: value.start, end: value.end }));
  return [...node.members.values()].map(({ name, value }) => ({ value, start: name.start, end: value.end }));
}

/** Takes whole runs of neighbours, each with the commas that it leaves without use. */
function removeParts(parent: SpanNode, gone: ReadonlySet<JsonSpan>): Splice[] {
  const parts = partsOf(parent);
  const splices: Splice[] = [];
  let kept = parent.start + 1;
  for (let at = 0; at < parts.length; at += 1) {
    const first = parts[at] as Part;
    if (!gone.has(first.value)) {
      kept = first.end;
      continue;
    }
    while (at + 1 < parts.length && gone.has((parts[at + 1] as Part).value)) at += 1;
    const next = parts[at + 1];
    const last = parts[at] as Part;
    splices.push(
      next === undefined
        ? { start: kept, end: last.end, text: "" }
        : { start: first.start, end: next.start, text: "" },
    );
  }
  return splices;
}

function applySplices(text: string, splices: readonly Splice[]): string {
  const ordered = splices.toSorted((left, right) => left.start - right.start || right.end - left.end);
  let result = "";
  let done = 0;
  for (const { start, end, text: replacement } of ordered) {
    // Inside something that is gone already.
    if (start < done) continue;
    result += text.slice(done, start) + replacement;
    done = end;
  }
  return result + text.slice(done);
}

function getNode(tree: SpanNode, path: JsonPath): SpanNode {
  const node = findSpanNode(tree, path);
  if (node === undefined) throw new RangeError(`no value at this path of ${path.length} parts`);
  return node;
}

function spanOf(tree: SpanNode, path: JsonPath): JsonSpan {
  const { start, end } = getNode(tree, path);
  return { start, end };
}

function nameSpanOf(tree: SpanNode, path: JsonPath): JsonSpan {
  const member = getNode(tree, path.slice(0, -1)).members?.get(String(path.at(-1)));
  if (member === undefined) throw new RangeError(`no member at this path of ${path.length} parts`);
  return { start: member.name.start, end: member.name.end };
}

function quote(name: string): string {
  return JSON.stringify(name);
}
