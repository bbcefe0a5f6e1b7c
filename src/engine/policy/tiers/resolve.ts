import type { PolicyPath } from "../../../domain/policy/document.ts";
import type { Fields, Group, Leaf, ListById, Node } from "../../../domain/policy/field.ts";
import { createMemo } from "../../memos/memo.ts";
import type { Steps } from "../../steps.ts";
import {
  type Decided,
  decideLeaf,
  namesOf,
  placeOf,
  placeOfId,
  type Said,
  type Sides,
  sidesOfField,
  stepInto,
  stepIntoEntry,
  type WithId,
} from "./sides.ts";

// From the sides of all keys to effective values: one walk along the table. Parts that no tenant touched are the Baseline's
// own objects, so what was compiled from them serves every tenant.

export interface Resolution {
  /** What documents say by `mode` at their top. */
  readonly top: Sides;
}

/** `shared` is the same node resolved without the tenant or without the labels; undefined where it may not stand in. */
export function* resolveNode(
  resolution: Resolution,
  node: Node,
  sides: Sides,
  shared: unknown,
  path: PolicyPath,
): Steps<unknown> {
  if (shared !== undefined && isUntouched(resolution, sides)) return shared;
  switch (node.node) {
    case "leaf":
      return decideLeaf(node, sides).value ?? undefined;
    case "group":
      return yield* resolveGroup(resolution, node, sides, shared, path);
    case "map":
      return yield* resolveNames(resolution, () => node.entry, namesOf(sides), sides, shared, path);
    case "list_by_id":
      return yield* resolveList(resolution, node, sides, shared as readonly WithId[] | undefined, path);
    case "every_tier": {
      const tiers: unknown[] = [];
      for (const said of [...sides.defaults, ...sides.bounds, ...sides.written, ...sides.met])
        tiers.push({
          tier: said.part.tier === "tenant" ? "tenant" : "baseline",
          ...placeOf(said, path),
          mode: said.part.document.values["mode"],
          value: yield* resolvePart(node.fields, said),
        });
      return tiers;
    }
  }
}

function* resolveList(
  resolution: Resolution,
  { fields }: ListById,
  sides: Sides,
  shared: readonly WithId[] | undefined,
  path: PolicyPath,
): Steps<unknown> {
  const list: unknown[] = [];
  for (const id of namesOf(sides)) {
    const known = shared?.[placeOfId(shared, id)];
    const below = stepIntoEntry(sides, id, fields);
    list.push(
      known !== undefined && isUntouched(resolution, below)
        ? known
        : yield* resolveFields(resolution, fields, below, known, [...path, id], false),
    );
    yield;
  }
  return list;
}

const parts = createMemo<object, Values>();

/** What one tier says by itself: the same for every tenant, so one value serves all of them. */
function* resolvePart(fields: Fields, said: Said): Steps<Values> {
  const written = said.value as object;
  const known = parts.get(written);
  if (known !== undefined) return known;
  const made = yield* fillIn(fields, written as Values);
  parts.set(written, made);
  return made;
}

/** Written values with the defaults of the keys that are not there. */
function* fillIn(fields: Fields, written: Values | undefined): Steps<Values> {
  const result: { [key: string]: unknown } = {};
  for (const [key, field] of Object.entries(fields)) {
    const value =
      field.node === "leaf" ? (written?.[key] ?? field.default) : yield* fillInNode(field, written?.[key]);
    if (value !== undefined && value !== null) result[key] = value;
  }
  return result;
}

function* fillInNode(node: Node, written: unknown): Steps<unknown> {
  switch (node.node) {
    case "leaf":
      return written ?? node.default;
    case "list_by_id": {
      const list: Values[] = [];
      for (const item of (written ?? []) as readonly Values[]) {
        list.push(yield* fillIn(node.fields, item));
        yield;
      }
      return list;
    }
    case "group":
    case "every_tier":
      return yield* fillIn(node.fields, written as Values | undefined);
    case "map": {
      const entries: { [name: string]: unknown } = {};
      for (const [name, part] of Object.entries((written ?? {}) as Values))
        entries[name] = yield* fillInNode(node.entry, part);
      return entries;
    }
  }
}

function isUntouched(resolution: Resolution, sides: Sides): boolean {
  return (
    sides.written.length === 0 &&
    sides.met.length === 0 &&
    sides.bounds.length === 0 &&
    resolution.top.written.length === 0
  );
}

function* resolveGroup(
  resolution: Resolution,
  node: Group,
  sides: Sides,
  shared: unknown,
  path: PolicyPath,
): Steps<unknown> {
  const result = yield* resolveFields(resolution, node.fields, sides, shared, path, node.partial);
  return node.needs !== undefined && result[node.needs] === undefined ? undefined : result;
}

interface Values {
  readonly [key: string]: unknown;
}

/** The values of all keys of a group. */
export function* resolveFields(
  resolution: Resolution,
  fields: Fields,
  sides: Sides,
  shared: unknown,
  path: PolicyPath,
  isPartial: boolean,
): Steps<Values> {
  const result: { [key: string]: unknown } = {};
  for (const [key, field] of Object.entries(fields)) {
    const value =
      field.node === "leaf"
        ? decideField(resolution, fields, key, field, sides, isPartial).value
        : yield* resolveNode(resolution, field, stepInto(sides, key), (shared as Values | undefined)?.[key], [
            ...path,
            key,
          ]);
    if (value !== undefined && value !== null) result[key] = value;
  }
  return result;
}

/** The value of one key of a group. */
export function decideField(
  resolution: Resolution,
  fields: Fields,
  key: string,
  leaf: Leaf,
  sides: Sides,
  isPartial: boolean,
): Decided {
  return decideLeaf(leaf, sidesOfField(fields, key, leaf, sides, resolution.top, isPartial), isPartial);
}

function* resolveNames(
  resolution: Resolution,
  nodeOf: (name: string) => Node,
  names: readonly string[],
  sides: Sides,
  shared: unknown,
  path: PolicyPath,
): Steps<Values> {
  const result: { [name: string]: unknown } = {};
  for (const name of names) {
    const value = yield* resolveNode(
      resolution,
      nodeOf(name),
      stepInto(sides, name),
      (shared as Values | undefined)?.[name],
      [...path, name],
    );
    if (value !== undefined) result[name] = value;
    yield;
  }
  return result;
}

/** What every side says about one leaf and what follows, or undefined where the path leads to none. */
export function decideAt(
  resolution: Resolution,
  node: Node,
  sides: Sides,
  path: PolicyPath,
): Decided | undefined {
  let at = node;
  let around = sides;
  for (const [place, key] of path.entries()) {
    const fields = at.node === "group" || at.node === "list_by_id" ? at.fields : undefined;
    if (at.node === "list_by_id") {
      around = stepIntoEntry(around, String(key), at.fields);
      at = { ...EMPTY_GROUP, fields: at.fields };
      continue;
    }
    const below: Node | undefined = at.node === "map" ? at.entry : fields?.[key];
    if (below === undefined) return undefined;
    if (below.node === "leaf" && fields !== undefined && place === path.length - 1)
      return decideField(resolution, fields, String(key), below, around, at.node === "group" && at.partial);
    around = stepInto(around, String(key));
    at = below;
  }
  if (at.node === "group" && at.bare !== undefined) return decideAt(resolution, at, around, [at.bare]);
  return at.node === "leaf" ? decideLeaf(at, around) : undefined;
}

const EMPTY_GROUP: Group = {
  node: "group",
  fields: {},
  bare: undefined,
  needs: undefined,
  partial: false,
  aliases: {},
  named: {},
  description: "",
  present: true,
};
