import type { Steps } from "../../steps.ts";

interface Tree {
  readonly [key: string]: unknown;
}

/** Lists with more entries are gone through entry by entry. */
const LONG_LIST = 32;

/**
 * The same value as `made`, with every part that equals the one of `known`, or else of `shared`, taken from there: what was
 * compiled from a part serves as long as its content stays the same. Parts that are `shared`'s already are not looked into.
 */
export function* shareStructure<T>(known: unknown, shared: unknown, made: T): Steps<T> {
  return (yield* shareSteps(known, shared, made)) as T;
}

function* shareSteps(known: unknown, shared: unknown, made: unknown): Steps<unknown> {
  if (isSettled(known, shared, made)) return made;
  const parts: unknown[] = [];
  const isLong = Array.isArray(made) && made.length > LONG_LIST;
  for (const [key, part] of Object.entries(made as Tree)) {
    const [one, other] = [childOf(known, made, key), childOf(shared, made, key)];
    if (isLong) {
      parts.push(shareWhole(one, other, part));
      yield;
    } else parts.push(isSettled(one, other, part) ? part : yield* shareSteps(one, other, part));
  }
  return assemble(known, shared, made as Tree, parts);
}

/** The same in one piece. */
function shareWhole(known: unknown, shared: unknown, made: unknown): unknown {
  if (isSettled(known, shared, made)) return made;
  const parts = Object.entries(made as Tree).map(([key, part]) =>
    shareWhole(childOf(known, made, key), childOf(shared, made, key), part),
  );
  return assemble(known, shared, made as Tree, parts);
}

function isSettled(known: unknown, shared: unknown, made: unknown): boolean {
  return typeof made !== "object" || made === null || made === known || made === shared;
}

/** Nothing where the other value is of another kind. */
function childOf(tree: unknown, made: unknown, key: string): unknown {
  if (typeof tree !== "object" || tree === null || Array.isArray(tree) !== Array.isArray(made))
    return undefined;
  return Object.hasOwn(tree, key) ? (tree as Tree)[key] : undefined;
}

/** The first of `known`, `shared` and `made` that has exactly these parts; a new value where none has. */
function assemble(known: unknown, shared: unknown, made: Tree, parts: readonly unknown[]): unknown {
  const keys = Object.keys(made);
  for (const tree of [known, shared, made]) if (hasParts(tree, made, keys, parts)) return tree;
  if (Array.isArray(made)) return parts;
  return Object.fromEntries(keys.map((key, at) => [key, parts[at]]));
}

function hasParts(tree: unknown, made: Tree, keys: readonly string[], parts: readonly unknown[]): boolean {
  if (typeof tree !== "object" || tree === null || Array.isArray(tree) !== Array.isArray(made)) return false;
  if (Object.keys(tree).length !== keys.length) return false;
  return keys.every((key, at) => Object.hasOwn(tree, key) && Object.is((tree as Tree)[key], parts[at]));
}
