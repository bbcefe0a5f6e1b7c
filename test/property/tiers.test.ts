// No document of a tenant, no override and no label makes a value looser than the Baseline's ceiling, for any values of any keys.
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Leaf } from "../../src/domain/policy/field.ts";
import { valueToJson } from "../../src/engine/policy/documents/read-value.ts";
import { sourceOf } from "../../src/engine/policy/policy-source.ts";
import { resolvePolicy } from "../../src/engine/policy/resolve-policy.ts";
import { baselineOf, setOf, tenantOf } from "../unit/engine/policy/policy-documents.ts";
import { isNotLooser, MET, valuesOfLeaf } from "./policy-keys.ts";

type Key = readonly [string, Leaf];

/** Keys that stand in every document in one place: not below a name, and not in parts of which each tier's stands for itself. */
const KEYS: readonly Key[] = MET.filter(([path]) => !/[*[]|^mode$|^settings|^access/.test(path));

interface Written {
  readonly key: Key;
  readonly ceiling: unknown;
  readonly tenant: unknown;
  readonly bound: unknown;
  readonly override: unknown;
}

const written: fc.Arbitrary<Written> = fc.constantFrom(...KEYS).chain((key) => {
  const value = valuesOfLeaf(key[1]);
  const some = fc.option(value, { nil: undefined });
  return fc.record({ key: fc.constant(key), ceiling: value, tenant: some, bound: some, override: some });
});

/** A document's value as its YAML would say it. */
function rawOf(leaf: Leaf, value: unknown): unknown {
  return JSON.parse(valueToJson(leaf.shape, value)) as unknown;
}

/** A tree with one value at each path. */
function treeOf(values: readonly (readonly [string, unknown])[]): { readonly [key: string]: unknown } {
  const root: { [key: string]: unknown } = {};
  for (const [path, value] of values) {
    const keys = path.split(".");
    let at = root;
    for (const key of keys.slice(0, -1)) at = (at[key] ??= {}) as { [key: string]: unknown };
    at[keys.at(-1) as string] = value;
  }
  return root;
}

function pick(all: readonly Written[], side: "tenant" | "bound" | "override") {
  return all.flatMap(({ key: [path, leaf], [side]: value }) =>
    value === undefined ? [] : [[path, rawOf(leaf, value)] as const],
  );
}

function effectiveAt(settings: unknown, path: string): unknown {
  let at = settings;
  for (const key of path.split(".")) at = (at as { readonly [key: string]: unknown } | undefined)?.[key];
  return at;
}

describe("P6: tiers only tighten", () => {
  const documents = fc.uniqueArray(written, {
    minLength: 1,
    maxLength: 6,
    selector: ({ key: [path] }) => path,
  });
  const labels = fc.constantFrom<{ readonly [name: string]: string }>(
    {},
    { env: "prod" },
    { team: "red" },
    { env: "prod", team: "red" },
  );
  const mode = fc.constantFrom("enforce", "shadow", "off");

  test("whatever a tenant writes, and whatever labels are given or left out, no value passes its ceiling", () => {
    fc.assert(
      fc.property(documents, labels, mode, (all, asked, tenantMode) => {
        const ceilings = all.map(
          ({ key: [path, leaf], ceiling }) =>
            [path, { max: ceiling === null ? "unlimited" : rawOf(leaf, ceiling) }] as const,
        );
        const set = setOf(
          baselineOf({
            ...treeOf(ceilings),
            overrides: [
              {
                match: { env: "prod" },
                set: treeOf(pick(all, "bound").filter(([path]) => isOverridable(path))),
              },
            ],
          }),
          [
            tenantOf("xto", {
              mode: tenantMode,
              ...treeOf(pick(all, "tenant")),
              overrides: [
                {
                  match: { team: "red" },
                  set: treeOf(pick(all, "override").filter(([path]) => isOverridable(path))),
                },
              ],
            }),
          ],
        );
        const policy = resolvePolicy(set, "xto", asked);
        for (const {
          key: [path, leaf],
          ceiling,
          bound,
        } of all) {
          const value = effectiveAt(policy.settings, path) ?? null;
          const isGone = leaf.meet !== "maximum" && value === null;
          expect(isGone || isNotLooser(leaf, value, ceiling), path).toBe(true);
          const isBound = bound !== undefined && asked["env"] === "prod" && isOverridable(path);
          expect(!isBound || isGone || isNotLooser(leaf, value, bound), `${path} under its override`).toBe(
            true,
          );
          expect(sourceOf(policy, path.split(".")).ceiling, path).not.toBeUndefined();
        }
      }),
      { numRuns: 300 },
    );
  });
});

const NOT_IN_OVERRIDES = /^(custom_counters|required_labels|missing_label|time_zone|expose|pools)/;

function isOverridable(path: string): boolean {
  return !NOT_IN_OVERRIDES.test(path);
}
