import type { Tier } from "../../../domain/limits.ts";
import type { PolicyPath } from "../../../domain/policy/document.ts";
import type { Fields, Leaf, Node } from "../../../domain/policy/field.ts";
import { NO_PLACES } from "../../../domain/policy/place-table.ts";
import { createMemo } from "../../memos/memo.ts";
import { lineOf, type ReadDocument } from "../documents/read-document.ts";
import type { Tree } from "../documents/read-node.ts";
import { equalValues, isMet, meetLeaf, type Written } from "../meet.ts";

// Who says what about one key: the values of every document and preset that take part for one tenant and its labels, walked
// down together along the table of keys. From them one value is decided, and it is known who decided it.

/** Values that one tier wrote in one place. */
export interface Part {
  readonly tier: Tier;
  readonly document: ReadDocument;
  readonly values: Tree;
  /** What `mode` at the top of its document says for everything in it. */
  readonly mode: Written;
  /** `profile conservative`, `override district=08A`; undefined for what a section says itself. */
  readonly from: string | undefined;
  /** Where the values stand in the document. */
  readonly prefix: PolicyPath;
  /** The key whose word these values stand for: what a preset says has the line of its name. */
  readonly key: string | undefined;
}

/** One part's value at one place. */
export interface Said {
  readonly part: Part;
  readonly value: Written;
}

export interface Sides {
  /** Where no later tier says anything; the first one counts. */
  readonly defaults: readonly Said[];
  /** What the tenant wrote, and what its presets stand for; the first one counts. */
  readonly written: readonly Said[];
  /** The loosest values any tier may choose; the first one counts. */
  readonly ceilings: readonly Said[];
  /** Ceilings of the Baseline's overrides that match: all of them count. */
  readonly bounds: readonly Said[];
  /** Overrides of the tenant that match and what the session asks: all of them count. */
  readonly met: readonly Said[];
}

export interface Decided {
  /** `null` and undefined: no value. */
  readonly value: Written;
  /** Undefined when the table's own default or ceiling decided. */
  readonly by: Said | undefined;
  readonly ceiling: Written;
  readonly ceilingBy: Said | undefined;
  /** The tenant wrote a looser value than the ceiling. */
  readonly isClamped: boolean;
}

/** The sides one key further down. */
export function stepInto(sides: Sides, key: string): Sides {
  return {
    defaults: stepAll(sides.defaults, key),
    written: stepAll(sides.written, key),
    ceilings: stepAll(sides.ceilings, key),
    bounds: stepAll(sides.bounds, key),
    met: stepAll(sides.met, key),
  };
}

/**
 * The sides of one entry of a list with ids. What makes it this entry is said where it is declared first: who restates it may
 * tighten it and add nothing, or a scope of a tenant would take a rule of the platform away.
 */
export function stepIntoEntry(sides: Sides, id: string, fields: Fields): Sides {
  const below = stepInto(sides, id);
  const { defaults, bounds, written, met } = below;
  if (written.length + met.length + bounds.length === 0) return below;
  const restated = (said: readonly Said[]) => said.map((one) => withoutFixed(one, fields));
  if (defaults.length > 0)
    return { ...below, bounds: restated(bounds), written: restated(written), met: restated(met) };
  if (bounds.length > 0) return { ...below, written: restated(written), met: restated(met) };
  const [owner] = written;
  if (owner === undefined) return below;
  const isOwn = ({ part }: Said) => part.document === owner.part.document;
  return {
    ...below,
    written: written.map((one) => (isOwn(one) ? one : withoutFixed(one, fields))),
    met: restated(met),
  };
}

function withoutFixed({ part, value }: Said, fields: Fields): Said {
  return { part, value: restatable(value as Tree, fields) };
}

function restatable(value: Tree, fields: Fields): Tree {
  const result: { [key: string]: Written } = {};
  for (const [key, part] of Object.entries(value)) {
    const field = fields[key];
    if (field?.node === "leaf" && field.meet === "fixed") continue;
    result[key] = field?.node === "group" ? restatable(part as Tree, field.fields) : part;
  }
  return result;
}

const NONE: readonly Said[] = Object.freeze([]);

function stepAll(said: readonly Said[], key: string): readonly Said[] {
  let found: Said[] | undefined;
  for (const { part, value } of said) {
    const below = childOf(value, key);
    if (below === undefined) continue;
    found ??= [];
    found.push({ part, value: below });
  }
  return found ?? NONE;
}

/** Entries of a list with ids are found by their id. */
function childOf(value: Written, key: string): Written {
  if (Array.isArray(value)) return findById(value as readonly WithId[], key);
  return Object.hasOwn(value as Tree, key) ? (value as Tree)[key] : undefined;
}

export interface WithId {
  readonly id: string;
}

const places = createMemo<readonly WithId[], ReadonlyMap<string, number>>();

/** Place of the entry with an id, or -1. Ten thousand access rules are asked for one by one: each list is indexed once. */
export function placeOfId(list: readonly WithId[], id: string): number {
  let byId = places.get(list);
  if (byId === undefined) {
    byId = new Map(list.map((one, place) => [one.id, place]));
    places.set(list, byId);
  }
  return byId.get(id) ?? -1;
}

function findById(list: readonly WithId[], id: string): WithId | undefined {
  return list[placeOfId(list, id)];
}

/** All names or ids that any side has, those of the broadest tier first. */
export function namesOf(sides: Sides): readonly string[] {
  const names = new Set<string>();
  for (const said of [sides.defaults, sides.ceilings, sides.bounds, sides.written, sides.met]) {
    for (const { value } of said) {
      if (Array.isArray(value))
        for (const { id } of value as readonly { readonly id: string }[]) names.add(id);
      else for (const name of Object.keys(value as Tree)) names.add(name);
    }
  }
  return [...names];
}

/** The sides of one key of a group. */
export function sidesOfField(
  fields: Fields,
  key: string,
  leaf: Leaf,
  group: Sides,
  top: Sides,
  isPartial: boolean,
): Sides {
  return leaf.meet === "mode" ? modeSides(fields, group, top, isPartial) : stepInto(group, key);
}

/** The value of a leaf. With `partial` the table's own default and ceiling play no part. */
export function decideLeaf(leaf: Leaf, sides: Sides, isPartial = false): Decided {
  if (!isMet(leaf.meet)) return decideByTier(leaf, sides, isPartial);
  const base = sides.written[0] ?? sides.defaults[0];
  let value = base === undefined && !isPartial ? leaf.default : base?.value;
  let by = base;
  const ceilingBy = sides.ceilings[0];
  let ceiling = ceilingBy === undefined && !isPartial ? leaf.ceiling : ceilingBy?.value;
  let strictest = ceilingBy;
  const meetOne = (other: Written, said: Said | undefined) => {
    const met = value === undefined ? other : meetLeaf(leaf, value, other);
    if (!equalValues(met, value)) by = said;
    value = met;
  };
  if (ceiling !== undefined) meetOne(ceiling, ceilingBy);
  for (const said of sides.bounds) {
    const met = ceiling === undefined ? said.value : meetLeaf(leaf, ceiling, said.value);
    if (!equalValues(met, ceiling)) strictest = said;
    ceiling = met;
    meetOne(said.value, said);
  }
  const isClamped = sides.written.length > 0 && leaf.meet !== "deny_list" && !equalValues(value, base?.value);
  for (const said of sides.met) meetOne(said.value, said);
  return { value, by, ceiling, ceilingBy: strictest, isClamped };
}

/** `fixed` is the broadest tier's, all others the most specific one's. */
function decideByTier(leaf: Leaf, sides: Sides, isPartial: boolean): Decided {
  const { defaults, written, bounds, met } = sides;
  const by =
    leaf.meet === "fixed"
      ? (defaults[0] ?? bounds[0] ?? written[0] ?? met[0])
      : (met.at(-1) ?? written[0] ?? bounds.at(-1) ?? defaults[0]);
  const value = by === undefined && !isPartial ? leaf.default : by?.value;
  return { value, by, ceiling: undefined, ceilingBy: undefined, isClamped: false };
}

/** Keys whose ceiling says that the thing has to hold: then a tenant cannot put it into shadow. */
const ANCHORS = ["value", "level", "rps", "usd", "action", "enabled"];

/**
 * The sides of the `mode` of a group: documents that say a mode at their top say it for everything in them, and what has a
 * ceiling has to hold in the Baseline's own mode.
 */
function modeSides(fields: Fields, group: Sides, top: Sides, isPartial: boolean): Sides {
  const own = stepInto(group, "mode");
  const defaults = [...own.defaults, ...top.defaults];
  const ceilings = [...own.ceilings, ...top.ceilings];
  if (ceilings.length === 0 && isAnchored(fields, group, isPartial))
    ceilings.push(defaults[0] ?? BUILT_IN_MODE);
  return {
    ...own,
    defaults: isPartial ? own.defaults : defaults,
    written: isPartial ? own.written : [...own.written, ...top.written],
    ceilings,
  };
}

const BUILT_IN_MODE: Said = {
  part: {
    tier: "default",
    document: {
      kind: "Baseline",
      name: undefined,
      places: NO_PLACES,
      tenant: undefined,
      values: {},
      ceilings: {},
      overrides: [],
      issues: [],
    },
    values: {},
    mode: "enforce",
    from: undefined,
    prefix: [],
    key: undefined,
  },
  value: "enforce",
};

function isAnchored(fields: Fields, group: Sides, isPartial: boolean): boolean {
  return ANCHORS.some((key) => {
    const field: Node | undefined = Object.hasOwn(fields, key) ? fields[key] : undefined;
    if (field?.node !== "leaf") return false;
    const said = stepInto(group, key).ceilings[0];
    const ceiling = said === undefined && !isPartial ? field.ceiling : said?.value;
    return ceiling !== undefined && ceiling !== null;
  });
}

/** Document and line of what was said; undefined for what is built in. */
export function placeOf(
  said: Said | undefined,
  path: PolicyPath,
): { readonly document: string | undefined; readonly line: number | undefined } {
  const document = said?.part.document;
  if (said === undefined || document?.name === undefined) return { document: undefined, line: undefined };
  return { document: document.name, line: lineOf(document, pathInDocument(said.part, path)) };
}

/** A path by names and ids as it stands in a document: entries of lists have numbers there. */
function pathInDocument(part: Part, path: PolicyPath): PolicyPath {
  if (part.key !== undefined) return [...part.prefix, part.key];
  const found: (string | number)[] = [...part.prefix];
  let at: Written = part.values;
  for (const key of path) {
    const place = Array.isArray(at) ? placeOfId(at as readonly WithId[], String(key)) : -1;
    found.push(place >= 0 ? place : key);
    at = at === undefined || at === null || typeof at !== "object" ? undefined : childOf(at, String(key));
  }
  return found;
}
