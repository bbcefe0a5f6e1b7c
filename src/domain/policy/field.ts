import type { ListShape, Shape, WordShape } from "./shape.ts";
import { FLAG, words } from "./shape.ts";

// How policy keys are declared. A leaf has one meet, one shape, the built-in default and ceiling, and a sentence; groups,
// maps and lists by id put leaves together. Tables of fields are the law for parsing, meeting, explaining, JSON Schemas
// and docs. Nothing here reads a document or compares values: engine/policy.

/**
 * How two tiers' values become one. Commutative, associative, idempotent and never looser than either side, but for
 * the last four: `free` is the most specific tier's, `fixed` the least specific one's that wrote it, `preset` is replaced by the
 * values it stands for, `platform_only` stands in a Baseline alone.
 */
export const MEETS = [
  "maximum",
  "minimum",
  "permission",
  "requirement",
  "allow_list",
  "deny_list",
  "exemption_list",
  "level",
  "mode",
  "severity",
  "choice",
  "free",
  "fixed",
  "preset",
  "platform_only",
] as const;
export type Meet = (typeof MEETS)[number];

/** `P`: whether an effective value is there even if no document says one. */
export interface Leaf<T = unknown, P extends boolean = boolean> {
  readonly node: "leaf";
  readonly meet: Meet;
  readonly shape: Shape<T>;
  readonly default: T | undefined;
  readonly ceiling: T | undefined;
  /** Whether a document may write `unlimited` to leave it without a value. */
  readonly unbounded: boolean;
  readonly description: string;
  readonly present: P;
}

export interface Group<F extends Fields = Fields, P extends boolean = boolean> {
  readonly node: "group";
  readonly fields: F;
  /** The key that a value stands for which is written in place of the whole group. */
  readonly bare: (keyof F & string) | undefined;
  /** Without a value of this key there is no group. */
  readonly needs: (keyof F & string) | undefined;
  /** Only what documents write is in it: defaults of its leaves play no part. */
  readonly partial: boolean;
  /** Words that other documents use: `mode: BLOCK` of a guard is `level: block`. */
  readonly aliases: Aliases;
  /** Words that stand for a written group, e.g. `quotas: default`. */
  readonly named: { readonly [word: string]: { readonly [key: string]: unknown } };
  readonly description: string;
  readonly present: P;
}

/** By key and lower-case word: what is meant. */
export interface Aliases {
  readonly [key: string]: { readonly [word: string]: { readonly key: string; readonly value: string } };
}

/** What names of a map are: checked when a document is read. */
export type NameFormat = "id" | "glob" | "principal" | "rate_principal" | "member" | "route" | "counter";

export interface NameMap<N extends Node = Node> {
  readonly node: "map";
  readonly names: NameFormat;
  readonly entry: N;
  readonly maxNames: number;
  readonly named: { readonly [word: string]: { readonly [key: string]: unknown } };
  /** Key of the name where the map may be written as a list; undefined where it may not. */
  readonly listKey: string | undefined;
  readonly description: string;
  readonly present: true;
}

/** A list of things with ids: met by id; what only one side has stays as it is. */
export interface ListById<F extends Fields = Fields> {
  readonly node: "list_by_id";
  readonly fields: F;
  readonly maxItems: number;
  readonly description: string;
  readonly present: true;
}

/** Parts that are never met with one another: each tier's stands for itself, and every one must allow. */
export interface EveryTier<F extends Fields = Fields> {
  readonly node: "every_tier";
  readonly fields: F;
  readonly description: string;
  readonly present: true;
}

export type Node = Leaf | Group | NameMap | ListById | EveryTier;
export interface Fields {
  readonly [key: string]: Node;
}

/** The effective value of a node. */
export type EffectiveOf<N> =
  N extends Leaf<infer T>
    ? T
    : N extends Group<infer F>
      ? Effective<F>
      : N extends NameMap<infer E>
        ? { readonly [name: string]: EffectiveOf<E> }
        : N extends ListById<infer F>
          ? readonly Effective<F>[]
          : N extends EveryTier<infer F>
            ? readonly TierPart<Effective<F>>[]
            : never;

/** The effective values of a table: what always has a value is there, all other keys may be left out. */
export type Effective<F> = {
  readonly [K in keyof F as F[K] extends { readonly present: true } ? K : never]: EffectiveOf<F[K]>;
} & {
  readonly [K in keyof F as F[K] extends { readonly present: true } ? never : K]?:
    | EffectiveOf<F[K]>
    | undefined;
};

export interface TierPart<T> {
  readonly tier: "baseline" | "tenant";
  readonly document: string | undefined;
  readonly line: number | undefined;
  /** What its document says by `mode` at its top; undefined where it says nothing. */
  readonly mode: string | undefined;
  readonly value: T;
}

interface Given<T> {
  readonly default?: T;
  readonly ceiling?: T;
  readonly unbounded?: boolean;
}
type Presence<O> = O extends { readonly unbounded: true }
  ? false
  : O extends { readonly default: unknown }
    ? true
    : false;

/** The smaller of two numbers is the stricter one. */
export function maximum<T extends number | bigint, const O extends Given<T>>(
  shape: Shape<T>,
  description: string,
  given: O,
): Leaf<T, Presence<O>> {
  return leaf("maximum", shape, description, given);
}

/** The larger of two numbers is the stricter one. */
export function minimum<T extends number | bigint, const O extends Given<T>>(
  shape: Shape<T>,
  description: string,
  given: O,
): Leaf<T, Presence<O>> {
  return leaf("minimum", shape, description, given);
}

/** True only if every tier says so. */
export function permission(description: string): Leaf<boolean, true> {
  return leaf("permission", FLAG, description, { default: false });
}

/** True if any tier says so. */
export function requirement<const O extends Given<boolean> & { readonly default: boolean }>(
  description: string,
  given: O,
): Leaf<boolean, true> {
  return leaf("requirement", FLAG as Shape<boolean>, description, given) as Leaf<boolean, true>;
}

/** What is in every tier's list; without any list everything is allowed. */
export function allowList<T, const O extends Given<readonly T[]>>(
  shape: ListShape<T>,
  description: string,
  given: O,
): Leaf<readonly T[], Presence<O>> {
  return leaf("allow_list", shape, description, given);
}

/** What is in any tier's list. */
export function denyList<T>(
  shape: ListShape<T>,
  description: string,
  items: readonly T[] = [],
): Leaf<readonly T[], true> {
  return leaf("deny_list", shape, description, { default: items });
}

/** What every tier that has a list exempts. */
export function exemptionList<T>(shape: ListShape<T>, description: string): Leaf<readonly T[], true> {
  return leaf("exemption_list", shape, description, { default: [] });
}

/** The word that stands first in its written order is the stricter one. */
export function choice<W extends string, const O extends Given<W>>(
  shape: WordShape<W>,
  description: string,
  given: O,
): Leaf<W, Presence<O>> {
  return leaf("choice", shape as Shape<W>, description, given);
}

/** The most specific tier that wrote it decides. */
export function free<T, const O extends Given<T>>(
  shape: Shape<T>,
  description: string,
  given: O,
): Leaf<T, Presence<O>> {
  return leaf("free", shape, description, given);
}

/** The tier that declared the thing decides; others cannot change it. */
export function fixed<T, const O extends Given<T>>(
  shape: Shape<T>,
  description: string,
  given: O,
): Leaf<T, Presence<O>> {
  return leaf("fixed", shape, description, given);
}

/** A name for some values of other keys, which take its place. */
export function preset<W extends string>(shape: WordShape<W>, description: string, word: W): Leaf<W, true> {
  return leaf("preset", shape as Shape<W>, description, { default: word });
}

/** Stands in a Baseline alone. */
export function platformOnly<T>(shape: Shape<T>, description: string, value: T): Leaf<T, true> {
  return leaf("platform_only", shape, description, { default: value });
}

/** Strictest first. */
export const LEVELS = ["block", "warn", "off"] as const;
export const MODES = ["enforce", "shadow", "off"] as const;
export const SEVERITIES = ["critical", "high", "medium", "low"] as const;

export function level(word: (typeof LEVELS)[number]): Leaf<(typeof LEVELS)[number], true> {
  return leaf("level", words(...LEVELS), "What a finding does: refuses, warns, or nothing.", {
    default: word,
  });
}

export function mode(description: string): Leaf<(typeof MODES)[number], true> {
  return leaf("mode", words(...MODES), description, { default: "enforce" });
}

export function severity(description: string): Leaf<(typeof SEVERITIES)[number], false> {
  return leaf("severity", words(...SEVERITIES), description, {});
}

function leaf<T, const O extends Given<T>>(
  meet: Meet,
  shape: Shape<T>,
  description: string,
  given: O,
): Leaf<T, Presence<O>> {
  return {
    node: "leaf",
    meet,
    shape,
    default: given.default,
    ceiling: given.ceiling,
    unbounded: given.unbounded === true,
    description,
    present: (given.default !== undefined && given.unbounded !== true) as Presence<O>,
  };
}

export function group<F extends Fields>(
  fields: F,
  description: string,
  more: {
    readonly bare?: keyof F & string;
    readonly aliases?: Aliases;
    readonly named?: Group["named"];
  } = {},
): Group<F, true> {
  return {
    node: "group",
    fields,
    bare: more.bare,
    needs: undefined,
    partial: false,
    aliases: more.aliases ?? {},
    named: more.named ?? {},
    description,
    present: true,
  };
}

/** A bound with what belongs to it: there only if its `value` is; a value written bare is the `value`. */
export function bound<F extends Fields & { readonly value: Leaf }>(
  fields: F,
  description: string,
): Group<Bound<F>, F["value"]["present"]> {
  return {
    node: "group",
    fields: fields as unknown as Bound<F>,
    bare: "value",
    needs: "value",
    partial: false,
    aliases: {},
    named: {},
    description,
    present: fields.value.present,
  };
}

/** A bound that is there has its value. */
type Bound<F extends Fields> = {
  readonly [K in keyof F]: K extends "value" ? (F[K] extends Leaf<infer T> ? Leaf<T, true> : never) : F[K];
};

/** The same keys without any default: what one pattern of names adds to the group it stands in. */
export function partial<F extends Fields>(
  fields: F,
  description: string,
  aliases: Aliases = {},
): Group<Partial<F>, true> {
  return {
    node: "group",
    fields: fields as unknown as Partial<F>,
    bare: undefined,
    needs: undefined,
    partial: true,
    aliases,
    named: {},
    description,
    present: true,
  };
}

type Partial<F extends Fields> = {
  readonly [K in keyof F]: F[K] extends Leaf<infer T> ? Leaf<T, false> : F[K];
};

export function mapOf<N extends Node>(
  names: NameFormat,
  entry: N,
  description: string,
  more: { readonly maxNames?: number; readonly named?: NameMap["named"]; readonly listKey?: string } = {},
): NameMap<N> {
  return {
    node: "map",
    names,
    entry,
    maxNames: more.maxNames ?? MAX_NAMES,
    named: more.named ?? {},
    listKey: more.listKey,
    description,
    present: true,
  };
}

export function listById<F extends Fields & { readonly id: Leaf<string> }>(
  fields: F,
  maxItems: number,
  description: string,
): ListById<F> {
  return { node: "list_by_id", fields, maxItems, description, present: true };
}

export function everyTier<F extends Fields>(fields: F, description: string): EveryTier<F> {
  return { node: "every_tier", fields, description, present: true };
}

/** Names of a map in one document. */
const MAX_NAMES = 1_000;
