import { expect, test } from "vitest";
import { isCompiling } from "../../../../src/engine/patterns/pattern-set.ts";
import { isPrepared, isReady, preparePolicy } from "../../../../src/engine/policy/prepare-policy.ts";
import { findResolved, resolvePolicy } from "../../../../src/engine/policy/resolve-policy.ts";
import { compileRules } from "../../../../src/engine/rules/compile-rules.ts";
import { finish } from "../../../../src/engine/steps.ts";
import { baselineOf, setOf, tenantOf } from "./policy-documents.ts";

const RULES = Array.from({ length: 40 }, (_, at) => ({
  id: `r${at}`,
  name: `Rule ${at}`,
  description: "One of many.",
  type: "content",
  action: "warn",
  severity: "low",
  pattern: `codeword${at}`,
}));
const ACCESS = Array.from({ length: 50 }, (_, at) => ({
  id: `a${at}`,
  effect: "deny",
  tools: [`tool-${at}`],
}));
const set = () =>
  setOf(baselineOf({ access: { rules: ACCESS } }), [
    tenantOf("xto", {
      rules: RULES,
      overrides: [{ match: { env: "prod" }, set: { execution: { max_steps: 3 } } }],
    }),
  ]);

test("a tenant is read, resolved and compiled in many small steps", () => {
  const made = set();
  const steps = preparePolicy(made, "xto", {});
  let count = 0;
  while (steps.next().done !== true) count++;
  expect(count).toBeGreaterThan(RULES.length + ACCESS.length);
  expect(isPrepared(made, "xto", {})).toBe(true);
  const policy = resolvePolicy(made, "xto", {});
  expect(isReady(policy)).toBe(true);
  const { patterns } = compileRules(policy.settings.rules);
  expect(patterns.groups).toHaveLength(2);
  expect(isCompiling(patterns)).toBe(false);
});

test("nothing stands half made while the steps run, and a second tenant is not prepared with the first", () => {
  const made = set();
  const steps = preparePolicy(made, "xto", {});
  expect(steps.next().done).toBe(false);
  expect(findResolved(made, "xto", {})).toBeUndefined();
  finish(steps);
  expect(isPrepared(made, "other", {})).toBe(false);
});

test("labels that an override names are prepared by themselves", () => {
  const made = set();
  finish(preparePolicy(made, "xto", {}));
  expect(isPrepared(made, "xto", { env: "dev" })).toBe(true);
  expect(isPrepared(made, "xto", { env: "prod" })).toBe(false);
  finish(preparePolicy(made, "xto", { env: "prod" }));
  expect(isPrepared(made, "xto", { env: "prod" })).toBe(true);
});
