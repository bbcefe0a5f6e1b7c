// The meets of all policy keys there are, found by walking the tables: a key that is added is tested with them.
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Leaf, Node } from "../../src/domain/policy/field.ts";
import { SECTION_FIELDS } from "../../src/domain/policy/section-fields.ts";
import type { AnyShape, ListShape, WordShape } from "../../src/domain/policy/shape.ts";
import { coversGlob } from "../../src/engine/policy/cover.ts";
import { canonicalList, isLooser, isMet, meetLeaf, meetNode } from "../../src/engine/policy/meet.ts";

/** Every leaf by its path; names of maps are `*`, entries of lists by id `[]`. */
function leavesOf(node: Node, path: string): readonly (readonly [string, Leaf])[] {
  if (node.node === "leaf") return [[path, node]];
  if (node.node === "map") return leavesOf(node.entry, `${path}.*`);
  const prefix = node.node === "group" ? `${path}.` : `${path}[].`;
  return Object.entries(node.fields).flatMap(([key, field]) => leavesOf(field, `${prefix}${key}`));
}

const LEAVES = Object.entries(SECTION_FIELDS).flatMap(([key, node]) => leavesOf(node, key));
const MET = LEAVES.filter(([, leaf]) => isMet(leaf.meet));

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
    case "mebibytes":
    case "usd":
      return fc.bigInt({ min: 0n, max: 1n << 62n });
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

function valuesOfLeaf(leaf: Leaf): fc.Arbitrary<unknown> {
  const values = valuesOf(leaf.shape);
  if (leaf.shape.kind === "list")
    return values.map((items) => canonicalList(items as readonly unknown[], leaf));
  return leaf.meet === "maximum" ? fc.option(values, { nil: null, freq: 6 }) : values;
}

/** How much a value lets through, told by what the kind means and not by its meet: `met` is never above `side`. */
function isNotLooser(leaf: Leaf, met: unknown, side: unknown): boolean {
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

describe("P6: every policy key", () => {
  test("has a sentence, and a meet whose values its shape can hold", () => {
    expect(MET.length).toBeGreaterThan(150);
    for (const [path, leaf] of LEAVES) {
      expect(leaf.description, path).toMatch(/^[A-Z].*[.]$|^$/s);
      expect(fitsShape(leaf), path).toBe(true);
    }
  });

  test.each(MET)("%s: its meet is commutative, associative and idempotent", (_path, leaf) => {
    const value = valuesOfLeaf(leaf);
    fc.assert(
      fc.property(value, value, value, (a, b, c) => {
        const met = meetLeaf(leaf, a, b);
        expect(meetLeaf(leaf, b, a)).toEqual(met);
        expect(meetLeaf(leaf, met, c)).toEqual(meetLeaf(leaf, a, meetLeaf(leaf, b, c)));
        expect(meetLeaf(leaf, a, a)).toEqual(a);
        expect(meetLeaf(leaf, met, a)).toEqual(met);
      }),
      { numRuns: 60 },
    );
  });

  test.each(MET)("%s: what is met is never looser than either side", (_path, leaf) => {
    const value = valuesOfLeaf(leaf);
    fc.assert(
      fc.property(value, value, (a, b) => {
        const met = meetLeaf(leaf, a, b);
        expect(isNotLooser(leaf, met, a)).toBe(true);
        expect(isNotLooser(leaf, met, b)).toBe(true);
        expect(isLooser(leaf, met, a)).toBe(false);
      }),
      { numRuns: 60 },
    );
  });

  test("a part that both sides wrote is met key by key, and what one side wrote stays", () => {
    const guards = SECTION_FIELDS.guards;
    const left = { network_policy: { require_https: false, ports: [80, 443] }, evaluate: "first" };
    const right = { network_policy: { require_https: true, ports: [443], air_gapped: true } };
    expect(meetNode(guards, left, right)).toEqual({
      network_policy: { require_https: true, ports: [443], air_gapped: true },
      evaluate: "first",
    });
    expect(meetNode(guards, left, undefined)).toBe(left);
  });
});

/** The shapes over which each meet is defined. */
const SHAPES: { readonly [meet: string]: readonly AnyShape["kind"][] } = {
  maximum: ["count", "amount", "mebibytes", "number", "usd", "duration"],
  minimum: ["count", "amount", "mebibytes", "number", "usd", "duration"],
  permission: ["flag"],
  requirement: ["flag"],
  allow_list: ["list"],
  deny_list: ["list"],
  exemption_list: ["list"],
  level: ["word"],
  mode: ["word"],
  severity: ["word"],
  choice: ["word"],
  preset: ["word"],
};

function fitsShape(leaf: Leaf): boolean {
  const kinds = SHAPES[leaf.meet];
  return kinds === undefined || kinds.includes(leaf.shape.kind);
}
