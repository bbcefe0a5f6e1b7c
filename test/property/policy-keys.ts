// Every policy key there is, found by walking the tables, with values that documents can write and what looser means for it.
import * as fc from "fast-check";
import type { Leaf, Node } from "../../src/domain/policy/field.ts";
import { SECTION_FIELDS } from "../../src/domain/policy/section-fields.ts";
import type { AnyShape, ListShape, WordShape } from "../../src/domain/policy/shape.ts";
import { coversGlob } from "../../src/engine/policy/cover.ts";
import { canonicalList, isMet } from "../../src/engine/policy/meet.ts";

/** Every leaf by its path; names of maps are `*`, entries of lists by id `[]`. */
export function leavesOf(node: Node, path: string): readonly (readonly [string, Leaf])[] {
  if (node.node === "leaf") return [[path, node]];
  if (node.node === "map") return leavesOf(node.entry, `${path}.*`);
  const prefix = node.node === "group" ? `${path}.` : `${path}[].`;
  return Object.entries(node.fields).flatMap(([key, field]) => leavesOf(field, `${prefix}${key}`));
}

export const LEAVES = Object.entries(SECTION_FIELDS).flatMap(([key, node]) => leavesOf(node, key));
export const MET = LEAVES.filter(([, leaf]) => isMet(leaf.meet));

const NAMES = [
  "a",
  "b",
  "a.b",
  "a.c",
  "b.c",
  "web.search",
  "web.fetch",
  "web",
  "x/y",
  "x/y/z",
  "api.example.com",
];
const GLOBS = [
  ...NAMES,
  "*",
  "**",
  "a.*",
  "*.b",
  "web.*",
  "*.search",
  "w*",
  "*b",
  "a*",
  "a.**",
  "**.b",
  "x/*",
  "x/**",
  "*.example.com",
  "*.com",
];

/** Values of a shape, as documents write them. */
function valuesOf(shape: AnyShape): fc.Arbitrary<unknown> {
  switch (shape.kind) {
    case "count":
      return fc.integer({ min: shape.min, max: Math.min(shape.max, shape.min + 20) });
    case "amount":
      return fc.bigInt({ min: 0n, max: BigInt(Number.MAX_SAFE_INTEGER) });
    case "mebibytes":
      return fc.bigInt({ min: 0n, max: 1n << 40n }).map((mebibytes) => mebibytes << 20n);
    case "usd":
      return fc.bigInt({ min: 0n, max: 1_000_000_000_000n });
    case "number":
      return fc.double({ min: shape.min, max: shape.max, noNaN: true }).map((value) => value + 0);
    case "duration":
      return fc.integer({ min: shape.minMs, max: Math.min(shape.maxMs, 2 ** 31 - 1) });
    case "flag":
      return fc.boolean();
    case "word":
      return fc.constantFrom(...shape.words);
    case "text":
      return fc.constantFrom(...(shape.format === "glob" || shape.format === "domain" ? GLOBS : NAMES));
    case "list":
      return fc.array(valuesOf(shape.items), { maxLength: 6 });
    case "free_map":
      return fc.dictionary(fc.constantFrom(...NAMES), fc.integer(), { maxKeys: 3 });
  }
}

export function valuesOfLeaf(leaf: Leaf): fc.Arbitrary<unknown> {
  const values = valuesOf(leaf.shape);
  if (leaf.shape.kind === "list")
    return values.map((items) => canonicalList(items as readonly unknown[], leaf));
  return leaf.meet === "maximum" ? fc.option(values, { nil: null, freq: 6 }) : values;
}

/** How much a value lets through, told by what the kind means and not by its meet: `met` is never above `side`. */
export function isNotLooser(leaf: Leaf, met: unknown, side: unknown): boolean {
  switch (leaf.meet) {
    case "maximum":
      return side === null || (met !== null && (met as number) <= (side as number));
    case "minimum":
      return (met as number) >= (side as number);
    case "permission":
      return side === true || met === false;
    case "requirement":
      return side === false || met === true;
    case "deny_list":
      return (side as readonly unknown[]).every((one) => (met as readonly unknown[]).includes(one));
    case "allow_list":
    case "exemption_list":
      return NAMES.every((name) => !lets(leaf, met, name) || lets(leaf, side, name));
    case "level":
    case "mode":
    case "severity":
    case "choice":
      return strictness(leaf, met) <= strictness(leaf, side);
    case "free":
    case "fixed":
    case "preset":
    case "platform_only":
      throw new TypeError(`${leaf.meet} is not met`);
  }
}

function strictness(leaf: Leaf, word: unknown): number {
  return (leaf.shape as WordShape).words.indexOf(word as string);
}

/** Whether a list of names, patterns or `a&b` terms lets a name through. */
function lets(leaf: Leaf, list: unknown, name: string): boolean {
  const { items } = leaf.shape as ListShape;
  const isDomain = items.kind === "text" && items.format === "domain";
  const matches = isDomain ? matchesDomain : coversGlob;
  return (list as readonly unknown[]).some((entry) =>
    typeof entry === "string" ? entry.split("&").every((pattern) => matches(pattern, name)) : entry === name,
  );
}

function matchesDomain(pattern: string, name: string): boolean {
  if (pattern === name || pattern === "*" || name.endsWith(`.${pattern}`)) return true;
  return pattern.startsWith("*.") && name.endsWith(pattern.slice(1));
}
