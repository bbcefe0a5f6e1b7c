import type { PolicyIssue, PolicyPath } from "../../../domain/policy/document.ts";
import type { Leaf, Node } from "../../../domain/policy/field.ts";
import type { Steps } from "../../steps.ts";
import type { ReadDocument } from "../documents/read-document.ts";
import type { Tree } from "../documents/read-node.ts";
import { valueToJson } from "../documents/read-value.ts";
import type { Written } from "../meet.ts";
import { ALL_SECTIONS } from "../policy-source.ts";

// What a document writes, value by value, and how issues name it.

/** One written value: where it stands in the document, and by which names and ids its key is found. */
export interface Entry {
  readonly leaf: Leaf;
  readonly value: Written;
  readonly path: PolicyPath;
  readonly keys: PolicyPath;
}

export function* entriesOf(read: ReadDocument): Steps<readonly Entry[]> {
  const entries: Entry[] = [];
  yield* addEntries(entries, ALL_SECTIONS, read.values, [], []);
  for (const { values, path } of read.overrides) yield* addEntries(entries, ALL_SECTIONS, values, path, []);
  return entries;
}

function* addEntries(
  entries: Entry[],
  node: Exclude<Node, Leaf>,
  value: Written,
  path: PolicyPath,
  keys: PolicyPath,
): Steps<void> {
  if (node.node === "list_by_id") {
    for (const [place, item] of (value as readonly (Tree & { readonly id: string })[]).entries())
      yield* addFields(entries, (key) => node.fields[key], item, [...path, place], [...keys, item.id]);
    return;
  }
  const fieldOf = node.node === "map" ? () => node.entry : (key: string) => node.fields[key];
  yield* addFields(entries, fieldOf, value as Tree, path, keys);
}

function* addFields(
  entries: Entry[],
  fieldOf: (key: string) => Node | undefined,
  tree: Tree,
  path: PolicyPath,
  keys: PolicyPath,
): Steps<void> {
  for (const [key, value] of Object.entries(tree)) {
    const node = fieldOf(key);
    const [at, names] = [
      [...path, key],
      [...keys, key],
    ];
    if (node?.node === "leaf") entries.push({ leaf: node, value, path: at, keys: names });
    else if (node !== undefined) yield* addEntries(entries, node, value, at, names);
  }
  yield;
}

export function issueOf(read: ReadDocument, path: PolicyPath, message: string): PolicyIssue {
  return { document: read.name ?? "", path, message };
}

export function aboveCeiling(read: ReadDocument, path: PolicyPath, message: string): PolicyIssue {
  return { ...issueOf(read, path, message), isAboveCeiling: true };
}

export function showJson(leaf: Leaf, value: Written): string {
  return value === undefined ? "nothing" : valueToJson(leaf.shape, value);
}
