import type { Fields, Leaf, Meet, Node } from "../../domain/policy/field.ts";
import type { ListShape, WordShape } from "../../domain/policy/shape.ts";
import { canonicalPatterns, intersectPatterns, type PatternOrder, patternOrderOf } from "./cover.ts";

// Two tiers' values of one key become one. Every meet here is commutative, associative and idempotent over canonical values,
// and its result is never looser than either side (test/property/meets.test.ts runs over every key there is).

/** A value as documents write it: `null` is `unlimited`, the loosest value of a bound. */
export type Written = unknown;

/** Kinds whose values are met; for the others the tier decides, not the value. */
export type MetKind = Exclude<Meet, "free" | "fixed" | "preset" | "platform_only">;

type Meeting = (left: Written, right: Written, leaf: Leaf) => Written;

const MEETINGS: { readonly [K in MetKind]: Meeting } = {
  maximum: (left, right) => bounded(left, right, (one, other) => (one < other ? one : other)),
  minimum: (left, right) => bounded(left, right, (one, other) => (one > other ? one : other)),
  permission: (left, right) => left === true && right === true,
  requirement: (left, right) => left === true || right === true,
  allow_list: meetAllowed,
  exemption_list: meetAllowed,
  deny_list: (left, right, leaf) =>
    canonicalList([...(left as readonly unknown[]), ...(right as readonly unknown[])], leaf),
  level: stricterWord,
  mode: stricterWord,
  severity: stricterWord,
  choice: stricterWord,
};

export function isMet(meet: Meet): meet is MetKind {
  return Object.hasOwn(MEETINGS, meet);
}

/** The stricter of two values of a leaf, or what both together allow. */
export function meetLeaf(leaf: Leaf, left: Written, right: Written): Written {
  const meet = MEETINGS[leaf.meet as MetKind] as Meeting | undefined;
  if (meet === undefined) throw new TypeError(`values of a ${leaf.meet} key are not met`);
  return meet(left, right, leaf);
}

/** Whether a value asks for more than a ceiling lets through. Lists that only add are never looser: they are joined. */
export function isLooser(leaf: Leaf, value: Written, ceiling: Written): boolean {
  if (!isMet(leaf.meet) || leaf.meet === "deny_list") return false;
  return !equalValues(meetLeaf(leaf, value, ceiling), value);
}

/**
 * Two written trees as one: what both sides write is met, what one side writes stays. For keys whose values are not met the right
 * side decides, and the left one where the thing was declared there.
 */
export function meetNode(node: Node, left: Written, right: Written): Written {
  if (left === undefined || right === undefined) return left ?? right;
  if (node.node === "leaf") {
    if (isMet(node.meet)) return meetLeaf(node, left, right);
    return node.meet === "fixed" ? left : right;
  }
  if (node.node === "every_tier") return [...(left as readonly unknown[]), ...(right as readonly unknown[])];
  if (node.node === "list_by_id")
    return meetById(node.fields, left as readonly Named[], right as readonly Named[]);
  const fieldOf = node.node === "map" ? () => node.entry : (key: string) => node.fields[key];
  return meetKeys(left as Tree, right as Tree, fieldOf);
}

interface Tree {
  readonly [key: string]: Written;
}
interface Named extends Tree {
  readonly id: string;
}

function meetKeys(left: Tree, right: Tree, fieldOf: (key: string) => Node | undefined): Tree {
  const result: { [key: string]: Written } = {};
  for (const key of new Set([...Object.keys(left), ...Object.keys(right)])) {
    const field = fieldOf(key);
    if (field !== undefined) result[key] = meetNode(field, left[key], right[key]);
  }
  return result;
}

function meetById(fields: Fields, left: readonly Named[], right: readonly Named[]): readonly Tree[] {
  const rest = new Map(right.map((one) => [one.id, one]));
  const met = left.map((one) => {
    const other = rest.get(one.id);
    rest.delete(one.id);
    return other === undefined ? one : meetKeys(one, other, (key) => fields[key]);
  });
  return [...met, ...rest.values()];
}

function bounded(left: Written, right: Written, choose: (one: number, other: number) => number): Written {
  if (left === null) return right;
  return right === null ? left : choose(left as number, right as number);
}

function stricterWord(left: Written, right: Written, leaf: Leaf): Written {
  const { words } = leaf.shape as WordShape;
  return words.indexOf(left as string) <= words.indexOf(right as string) ? left : right;
}

function meetAllowed(left: Written, right: Written, leaf: Leaf): Written {
  const order = patternsOf(leaf);
  if (order !== undefined)
    return intersectPatterns(left as readonly string[], right as readonly string[], order);
  const other = new Set(right as readonly unknown[]);
  return canonicalList(
    (left as readonly unknown[]).filter((one) => other.has(one)),
    leaf,
  );
}

/** A list as it is compared and met: each entry once, in order; of allowed patterns only those that no other one covers. */
export function canonicalList(items: readonly unknown[], leaf: Leaf): readonly unknown[] {
  if (!isMet(leaf.meet)) return items;
  const order = patternsOf(leaf);
  if (order !== undefined) return canonicalPatterns(items as readonly string[], order);
  return [...new Set(items)].toSorted((one, other) => ((one as number) < (other as number) ? -1 : 1));
}

/** Lists that allow are met pattern by pattern; lists of what is looked at keep every entry as it was written. */
function patternsOf(leaf: Leaf): PatternOrder | undefined {
  const { items } = leaf.shape as ListShape;
  if (leaf.meet === "deny_list" || items.kind !== "text") return undefined;
  return patternOrderOf(items.format);
}

/** Whether two values of policy keys are the same. */
export function equalValues(left: unknown, right: unknown): boolean {
  if (Object.is(left, right)) return true;
  if (typeof left !== "object" || typeof right !== "object" || left === null || right === null) return false;
  if (Array.isArray(left) !== Array.isArray(right)) return false;
  const keys = Object.keys(left);
  if (keys.length !== Object.keys(right).length) return false;
  return keys.every(
    (key) => Object.hasOwn(right, key) && equalValues((left as Tree)[key], (right as Tree)[key]),
  );
}
