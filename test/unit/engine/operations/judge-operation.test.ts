// What is said about a named business action: the tables of docs/policy.md, value by value with the nearest refused one.
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { remedyOf } from "../../../../src/domain/decision.ts";
import type { Operation } from "../../../../src/domain/intent.ts";
import { judgeOperation } from "../../../../src/engine/operations/judge-operation.ts";
import type {
  AttributeSettings,
  OperationSettings,
  ValueSource,
} from "../../../../src/engine/operations/operation-settings.ts";

const BASELINE: OperationSettings = {
  blocked: [],
  mutating: ["combine_*"],
  require_confirmation_above_risk: 0.5,
  missing: "block",
};
const ATTRIBUTES: AttributeSettings = {
  material_delta_percent: { max_abs: 0.3, on_exceed: "block", missing: "block" },
  steps_removed: { max: 3, on_exceed: "block", missing: "block" },
  new_violations: { max: 0, on_exceed: "block", missing: "block" },
};
const WHOLE: Operation = {
  name: "combine_plugs",
  attributes: { material_delta_percent: 0.1, steps_removed: 1, new_violations: 0 },
  risk: 0.15,
};

interface Case {
  readonly operation?: Partial<Operation>;
  readonly operations?: Partial<OperationSettings>;
  readonly attributes?: AttributeSettings;
  readonly allowChanges?: boolean;
  readonly source?: ValueSource;
  readonly isShadow?: boolean;
}

function judge(given: Case) {
  return judgeOperation({
    operation: { ...WHOLE, ...given.operation },
    operations: { ...BASELINE, ...given.operations },
    attributes: given.attributes ?? ATTRIBUTES,
    allowChanges: given.allowChanges ?? true,
    tenant: "xto",
    sourceOf: () =>
      given.source ?? { tier: "default", document: undefined, line: undefined, from: undefined },
    isShadow: given.isShadow ?? false,
  });
}

function told(given: Case): string[] {
  return judge(given).map(({ verdict, reason }) => `${verdict} ${reason}`);
}

function attributes(values: { readonly [name: string]: number }) {
  return { attributes: { ...WHOLE.attributes, ...values } };
}

describe("judgeOperation", () => {
  test.each<[string, Case, string[]]>([
    ["an operation within all bounds", {}, []],
    [
      "a blocked one",
      { operations: { blocked: ["replace_cibp", "combine_*"] } },
      ["BLOCK OPERATION_BLOCKED"],
    ],
    ["one beside the blocked ones", { operations: { blocked: ["replace_cibp"] } }, []],
    ["one that is not allowed", { operations: { allowed: ["adjust_*"] } }, ["BLOCK OPERATION_NOT_ALLOWED"]],
    ["one where nothing is allowed", { operations: { allowed: [] } }, ["BLOCK OPERATION_NOT_ALLOWED"]],
    ["one that is allowed", { operations: { allowed: ["combine_plugs"] } }, []],
    ["a change without authorisation", { allowChanges: false }, ["BLOCK USER_AUTHORIZATION_REQUIRED"]],
    [
      "what changes nothing, without authorisation",
      { allowChanges: false, operation: { name: "list_plugs" } },
      [],
    ],
    ["a risk at the threshold", { operation: { risk: 0.5 } }, []],
    ["a risk above it", { operation: { risk: 0.51 } }, ["PAUSE RISK_CONFIRMATION_REQUIRED"]],
    [
      "any risk without a threshold",
      { operation: { risk: 1 }, operations: { require_confirmation_above_risk: undefined } },
      [],
    ],
    [
      "a change where no session may authorise any",
      { operations: { allow_changes: false } },
      ["BLOCK USER_AUTHORIZATION_REQUIRED"],
    ],
    ["a change without risk", { operation: { risk: undefined } }, ["BLOCK ATTRIBUTE_MISSING"]],
    [
      "a change without risk, where that warns",
      { operation: { risk: undefined }, operations: { missing: "warn" } },
      ["WARN ATTRIBUTE_MISSING"],
    ],
    [
      "a change without risk, where that is allowed",
      { operation: { risk: undefined }, operations: { missing: "allow" } },
      [],
    ],
    ["no change, without risk", { operation: { name: "list_plugs", risk: undefined } }, []],
    ["no change, without attributes", { operation: { name: "list_plugs", attributes: {} } }, []],
    [
      "a change without attributes",
      { operation: { attributes: {} } },
      ["BLOCK ATTRIBUTE_MISSING", "BLOCK ATTRIBUTE_MISSING", "BLOCK ATTRIBUTE_MISSING"],
    ],
    ["a change up to 30 %", { operation: attributes({ material_delta_percent: 0.3 }) }, []],
    [
      "above 30 %",
      { operation: attributes({ material_delta_percent: 0.301 }) },
      ["BLOCK ATTRIBUTE_OUT_OF_BOUNDS"],
    ],
    [
      "below -30 %",
      { operation: attributes({ material_delta_percent: -0.301 }) },
      ["BLOCK ATTRIBUTE_OUT_OF_BOUNDS"],
    ],
    ["3 steps removed", { operation: attributes({ steps_removed: 3 }) }, []],
    ["4 steps removed", { operation: attributes({ steps_removed: 4 }) }, ["BLOCK ATTRIBUTE_OUT_OF_BOUNDS"]],
    ["a new violation", { operation: attributes({ new_violations: 1 }) }, ["BLOCK ATTRIBUTE_OUT_OF_BOUNDS"]],
    [
      "a present attribute of what changes nothing",
      { operation: { name: "list_plugs", ...attributes({ new_violations: 1 }) } },
      ["BLOCK ATTRIBUTE_OUT_OF_BOUNDS"],
    ],
    [
      "an attribute that pauses",
      {
        operation: { attributes: { delta: 2 } },
        attributes: { delta: { max: 1, on_exceed: "pause", missing: "block" } },
      },
      ["PAUSE ATTRIBUTE_OUT_OF_BOUNDS"],
    ],
    [
      "confidence that is too low",
      {
        operation: { attributes: { confidence: 0.69 } },
        attributes: { confidence: { min: 0.7, on_exceed: "block", missing: "block" } },
      },
      ["BLOCK ATTRIBUTE_OUT_OF_BOUNDS"],
    ],
    [
      "confidence that nobody told",
      {
        operation: { attributes: {} },
        attributes: { confidence: { min: 0.7, on_exceed: "block", missing: "block" } },
      },
      [],
    ],
    [
      "an attribute without a bound that is missing",
      { operation: { attributes: {} }, attributes: { delta: { on_exceed: "block", missing: "block" } } },
      [],
    ],
    [
      "everything at once, in the order of the checks",
      {
        allowChanges: false,
        operation: { risk: 0.9, ...attributes({ steps_removed: 9 }) },
        operations: { blocked: ["combine_*"], allowed: [] },
      },
      [
        "BLOCK OPERATION_BLOCKED",
        "BLOCK OPERATION_NOT_ALLOWED",
        "BLOCK USER_AUTHORIZATION_REQUIRED",
        "BLOCK ATTRIBUTE_OUT_OF_BOUNDS",
        "PAUSE RISK_CONFIRMATION_REQUIRED",
      ],
    ],
  ])("%s", (_what, given, wanted) => {
    expect(told(given)).toEqual(wanted);
  });

  test("an attribute that is not a number is out of bounds", () => {
    const operation = attributes({ steps_removed: Number.NaN });
    expect(told({ operation })).toEqual(["BLOCK ATTRIBUTE_OUT_OF_BOUNDS"]);
  });

  test("a name that every object has is no attribute that was told", () => {
    const bounds = { constructor: { max: 1, on_exceed: "block", missing: "block" } } as const;
    expect(told({ operation: { attributes: {} }, attributes: bounds })).toEqual(["BLOCK ATTRIBUTE_MISSING"]);
  });

  test("nothing counts while a document is only tried out", () => {
    const found = judge({ isShadow: true, allowChanges: false, operation: { risk: 1 } });
    expect(found.map((one) => one.shadow)).toEqual([true, true]);
  });

  test("a larger risk or change is never judged more kindly", () => {
    const share = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(share, share, share, share, (risk, more, delta, wider) => {
        const less = told({ operation: { risk, ...attributes({ material_delta_percent: delta }) } });
        const higher = {
          risk: Math.min(1, risk + more),
          ...attributes({ material_delta_percent: delta + wider }),
        };
        expect(told({ operation: higher })).toEqual(expect.arrayContaining(less));
      }),
    );
  });
});

describe("the words of a finding about an operation", () => {
  const nowhere = { document: undefined, line: undefined, from: undefined };
  const tenant: ValueSource = { ...nowhere, tier: "tenant" };
  const baseline: ValueSource = { ...nowhere, tier: "baseline" };
  const override: ValueSource = { ...tenant, from: "override district=08A" };

  test.each<[string, Case, string]>([
    [
      "an attribute in an override",
      {
        operation: attributes({ material_delta_percent: 0.4 }),
        attributes: { material_delta_percent: { max_abs: 0.2, on_exceed: "block", missing: "block" } },
        source: override,
      },
      "material delta percent 0.40 exceeds 0.20 (tenant xto, override district=08A)",
    ],
    [
      "three decimals",
      { operation: attributes({ material_delta_percent: 0.375 }), source: baseline },
      "material delta percent 0.375 exceeds 0.30 (baseline)",
    ],
    [
      "whole numbers",
      { operation: attributes({ steps_removed: 4 }), source: tenant },
      "steps removed 4 exceeds 3 (tenant xto)",
    ],
    [
      "values that differ in the last place",
      { operation: attributes({ material_delta_percent: 0.3000000001 }) },
      "material delta percent 0.3000000001 exceeds 0.3 (default)",
    ],
    [
      "a lower bound",
      {
        operation: { attributes: { confidence: 0.6 } },
        attributes: { confidence: { min: 0.7, on_exceed: "block", missing: "block" } },
      },
      "confidence 0.60 is below 0.70 (default)",
    ],
    [
      "a risk",
      { operation: { risk: 0.6 }, source: override },
      "risk 0.60 exceeds 0.50 (tenant xto, override district=08A): a person has to confirm combine_plugs",
    ],
    ["authorisation", { allowChanges: false }, "User did not authorize plan changes (allow_changes=false)"],
    [
      "a blocked operation",
      { operations: { blocked: ["combine_*"] }, source: tenant },
      'operation combine_plugs is blocked by "combine_*" (tenant xto)',
    ],
    [
      "a missing attribute",
      { operation: { attributes: { steps_removed: 0, new_violations: 0 } } },
      "material delta percent is missing: operations that change something must name it (default)",
    ],
  ])("%s", (_what, given, message) => {
    expect(judge(given).map((one) => one.message)).toEqual([message]);
  });

  test("name the amounts, the attribute and the key that would change the answer", () => {
    const [finding] = judge({
      operation: attributes({ steps_removed: 4 }),
      source: { tier: "baseline", document: "base.yaml", line: 7, from: undefined },
    });
    expect(finding).toMatchObject({
      kind: "ATTRIBUTE",
      current: { kind: "ratio", value: 4 },
      limit: { kind: "ratio", value: 3 },
      sourceId: "steps_removed",
      tier: "baseline",
      document: "base.yaml",
      line: 7,
    });
    expect(finding && remedyOf(finding).setting).toBe("attributes.steps_removed.max");
  });
});
