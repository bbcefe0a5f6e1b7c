// The meets of all policy keys there are: a key that is added to a table is tested with them.
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Leaf } from "../../src/domain/policy/field.ts";
import { SECTION_FIELDS } from "../../src/domain/policy/section-fields.ts";
import type { AnyShape } from "../../src/domain/policy/shape.ts";
import { isLooser, meetLeaf, meetNode } from "../../src/engine/policy/meet.ts";
import { isNotLooser, LEAVES, MET, valuesOfLeaf } from "./policy-keys.ts";

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
