import type { PolicyPath } from "../../../domain/policy/document.ts";
import type { Fields, Group, Leaf, Node } from "../../../domain/policy/field.ts";
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
  type WithId,
} from "./sides.ts";

// From the sides of all keys to effective values: one walk along the table. Parts that no tenant touched are the Baseline's
// own objects, so what was compiled from them serves every tenant.

export interface Resolution {
  /** What documents say by `mode` at their top. */
  readonly top: Sides;
}

/** `shared` is the same node resolved without the tenant; undefined where it may not stand in. */
export function resolveNode(
  resolution: Resolution,
  node: Node,
  sides: Sides,
  shared: unknown,
  path: PolicyPath,
): unknown {
  if (shared !== undefined && isUntouched(resolution, sides)) return shared;
  switch (node.node) {
    case "leaf":
      return decideLeaf(node, sides).value ?? undefined;
    case "group":
      return resolveGroup(resolution, node, sides, shared, path);
    case "map":
      return resolveNames(resolution, () => node.entry, namesOf(sides), sides, shared, path);
    case "list_by_id":
      return namesOf(sides).map((id) => {
        const list = shared as readonly WithId[] | undefined;
        const known = list?.[placeOfId(list, id)];
        const below = stepInto(sides, id);
        if (known !== undefined && isUntouched(resolution, below)) return known;
        return resolveFields(resolution, node.fields, below, known, [...path, id], false);
      });
    case "every_tier":
      return [...sides.defaults, ...sides.bounds, ...sides.written, ...sides.met].map((said) => ({
        tier: said.part.tier === "tenant" ? "tenant" : "baseline",
        ...placeOf(said, path),
        mode: said.part.document.values["mode"],
        value: resolvePart(node.fields, said),
      }));
  }
}

const parts = new WeakMap<object, Values>();

/** What one tier says by itself: the same for every tenant, so one value serves all of them. */
function resolvePart(fields: Fields, said: Said): Values {
  const written = said.value as object;
  const known = parts.get(written);
  if (known !== undefined) return known;
  const made = fillIn(fields, written as Values);
  parts.set(written, made);
  return made;
}

/** Written values with the defaults of the keys that are not there. */
function fillIn(fields: Fields, written: Values | undefined): Values {
  const result: { [key: string]: unknown } = {};
  for (const [key, field] of Object.entries(fields)) {
    const value = fillInNode(field, written?.[key]);
    if (value !== undefined && value !== null) result[key] = value;
  }
  return result;
}

function fillInNode(node: Node, written: unknown): unknown {
  switch (node.node) {
    case "leaf":
      return written ?? node.default;
    case "list_by_id":
      return ((written ?? []) as readonly Values[]).map((item) => fillIn(node.fields, item));
    case "group":
    case "every_tier":
      return fillIn(node.fields, written as Values | undefined);
    case "map":
      return Object.fromEntries(
        Object.entries((written ?? {}) as Values).map(([name, part]) => [name, fillInNode(node.entry, part)]),
      );
  }
}

export const NO_SIDES: Sides = { defaults: [], written: [], ceilings: [], bounds: [], met: [] };

function isUntouched(resolution: Resolution, sides: Sides): boolean {
  return (
    sides.written.length === 0 &&
    sides.met.length === 0 &&
    sides.bounds.length === 0 &&
    resolution.top.written.length === 0
  );
}

function resolveGroup(
  resolution: Resolution,
  node: Group,
  sides: Sides,
  shared: unknown,
  path: PolicyPath,
): unknown {
  const result = resolveFields(resolution, node.fields, sides, shared, path, node.partial);
  return node.needs !== undefined && result[node.needs] === undefined ? undefined : result;
}

interface Values {
  readonly [key: string]: unknown;
}

function resolveFields(
  resolution: Resolution,
  fields: Fields,
  sides: Sides,
  shared: unknown,
  path: PolicyPath,
  isPartial: boolean,
): Values {
  const result: { [key: string]: unknown } = {};
  for (const [key, field] of Object.entries(fields)) {
    const value =
      field.node === "leaf"
        ? decideField(resolution, fields, key, field, sides, isPartial).value
        : resolveNode(resolution, field, stepInto(sides, key), (shared as Values | undefined)?.[key], [
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

function resolveNames(
  resolution: Resolution,
  nodeOf: (name: string) => Node,
  names: readonly string[],
  sides: Sides,
  shared: unknown,
  path: PolicyPath,
): Values {
  const result: { [name: string]: unknown } = {};
  for (const name of names) {
    const value = resolveNode(
      resolution,
      nodeOf(name),
      stepInto(sides, name),
      (shared as Values | undefined)?.[name],
      [...path, name],
    );
    if (value !== undefined) result[name] = value;
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
      around = stepInto(around, String(key));
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

export type { Said };
