import type { Node } from "../../../domain/policy/field.ts";
import type { Tree } from "./read-node.ts";
import { valueToJson } from "./read-value.ts";

/** An effective value as documents write it: in the units of its keys, as plain JSON. */
export function nodeToJson(node: Node, value: unknown): unknown {
  if (value === undefined) return undefined;
  if (node.node === "leaf") return JSON.parse(valueToJson(node.shape, value)) as unknown;
  if (node.node === "every_tier") return undefined;
  if (node.node === "list_by_id")
    return (value as readonly Tree[]).map((item) => fieldsToJson((key) => node.fields[key], item));
  return fieldsToJson(node.node === "map" ? () => node.entry : (key) => node.fields[key], value as Tree);
}

function fieldsToJson(
  fieldOf: (key: string) => Node | undefined,
  value: Tree,
): { readonly [key: string]: unknown } {
  const json: { [key: string]: unknown } = {};
  for (const [key, part] of Object.entries(value)) {
    const field = fieldOf(key);
    if (field !== undefined) json[key] = nodeToJson(field, part);
  }
  return json;
}
