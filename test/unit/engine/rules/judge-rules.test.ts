// When rules of each type fire and what each action answers, with the nearest request that does not.
import { describe, expect, test } from "vitest";
import type { Content } from "../../../../src/domain/intent.ts";
import type { RuleSettings } from "../../../../src/domain/policy/rule-fields.ts";
import type { RequestFacts } from "../../../../src/engine/expressions/request-facts.ts";
import { compileRules, type Rule } from "../../../../src/engine/rules/compile-rules.ts";
import { judgeRules } from "../../../../src/engine/rules/judge-rules.ts";
import type { RuleCount } from "../../../../src/engine/rules/rule-count-table.ts";
import { addToSum, createSlidingSum } from "../../../../src/engine/rules/sliding-sum.ts";
import { factsOf } from "../expressions/facts-fixture.ts";
import { ruleOf } from "./rule-fixture.ts";

const NOW_MS = 1_800_000_000_000;
const USD = 1_000_000_000n;

interface Given {
  readonly request?: Partial<RequestFacts>;
  readonly texts?: readonly Content[];
  readonly count?: Partial<RuleCount>;
}

function judge(rules: readonly Partial<RuleSettings>[], { request, texts, count }: Given = {}) {
  const entry = {
    row: 0,
    tenant: "acme",
    ruleId: "r1",
    firings: undefined,
    firingsWindowMs: 0,
    sum: undefined,
  };
  return judgeRules({
    rules: compileRules(rules.map(ruleOf)),
    request: factsOf(request),
    texts: texts ?? [],
    countOf: (_rule: Rule) => (count === undefined ? undefined : { ...entry, ...count }),
    hash: (text) => `#${text.length}`,
    wallMs: NOW_MS,
  });
}

function told(rules: readonly Partial<RuleSettings>[], given?: Given): string[] {
  return judge(rules, given).map(({ verdict, reason, sourceId }) => `${verdict} ${reason} ${sourceId}`);
}

const input = (text: string): Content => ({ text, direction: "input" });
const output = (text: string): Content => ({ text, direction: "output" });

describe("a rule of type", () => {
  test.each(["content", "security"] as const)("%s looks at texts in both directions", (type) => {
    const rule = { type, pattern: "secret\\s+plan" };
    const reason = `BLOCK ${type.toUpperCase()}_RULE_MATCHED r1`;
    expect(told([rule], { texts: [input("the SECRET  plan")] })).toEqual([reason]);
    expect(told([rule], { texts: [output("a secret plan")] })).toEqual([reason]);
    expect(told([rule], { texts: [input("secretplan")] })).toEqual([]);
    expect(told([rule])).toEqual([]);
  });

  test("prompt looks at what goes into a model unless it says otherwise", () => {
    const rule = { type: "prompt", pattern: "ignore" } as const;
    expect(told([rule], { texts: [input("ignore")] })).toEqual(["BLOCK PROMPT_RULE_MATCHED r1"]);
    expect(told([rule], { texts: [output("ignore")] })).toEqual([]);
    expect(told([{ ...rule, scope: { direction: "both" } }], { texts: [output("ignore")] })).toHaveLength(1);
  });

  test("content heeds case where its pattern says so", () => {
    const rule = { type: "content", pattern: "(?-i)AKIA" } as const;
    expect(told([rule], { texts: [input("akia")] })).toEqual([]);
    expect(told([rule], { texts: [input("AKIA")] })).toHaveLength(1);
  });

  test("cost fires above its threshold", () => {
    const rule = { type: "cost", threshold: 10 } as const;
    expect(told([rule], { request: { costNanoUsd: 10n * USD } })).toEqual([]);
    expect(judge([rule], { request: { costNanoUsd: 10n * USD + 1n } })).toMatchObject([
      {
        verdict: "BLOCK",
        reason: "COST_RULE_EXCEEDED",
        message: "A rule: 10.000000001 > 10.00 USD in one request",
        ruleType: "cost",
        severity: "high",
        unit: "cost",
        current: { kind: "nanoUsd", value: 10n * USD + 1n },
        limit: { kind: "nanoUsd", value: 10n * USD },
      },
    ]);
  });

  test.each([
    ["requests", { requests: 1n }, 99n, 100n],
    ["tokens", { inputTokens: 60n, outputTokens: 40n }, 0n, 1n],
    ["violations", {}, 100n, 101n],
    ["refusals", {}, 100n, 101n],
  ] as const)("quota counts %s of the window and of the request", (counter, request, within, above) => {
    const rule = { type: "quota", counter, threshold: 100, time_window: 60_000 } as const;
    const counted = (amount: bigint) => {
      const sum = createSlidingSum(60_000);
      addToSum(sum, amount, NOW_MS - 1_000);
      return { request, count: { sum } };
    };
    expect(told([rule], counted(within))).toEqual([]);
    const [finding] = judge([rule], counted(above));
    expect(finding).toMatchObject({
      reason: "QUOTA_RULE_EXCEEDED",
      current: { value: 101n },
      limit: { value: 100n },
    });
    expect(finding?.message).toBe(`A rule: ${counter} 101 > 100 within 60 s`);
    expect(finding?.retryAfterMs).toBe(59_000);
  });

  test("quota counts money to the nano-USD", () => {
    const rule = { type: "quota", counter: "cost_usd", threshold: 0.5, time_window: 60_000 } as const;
    expect(told([rule], { request: { costNanoUsd: USD / 2n } })).toEqual([]);
    expect(told([rule], { request: { costNanoUsd: USD / 2n + 1n } })).toHaveLength(1);
  });

  test("policy fires while its expression is true, and where it cannot be evaluated", () => {
    const rule = { type: "policy", expression: 'labels.env == "prod" && tokens.total > 10' } as const;
    const labels = { env: "prod" };
    expect(told([rule], { request: { labels, inputTokens: 11n } })).toEqual(["BLOCK POLICY_RULE_MATCHED r1"]);
    expect(told([rule], { request: { labels, inputTokens: 10n } })).toEqual([]);
    expect(told([rule], { request: { inputTokens: 11n } })).toEqual(["BLOCK RULE_FAILED r1"]);
  });
});

describe("the scope of a rule", () => {
  test.each<[string, RuleSettings["scope"], Partial<RequestFacts>, Partial<RequestFacts>]>([
    ["tools", { tools: ["db.*"] }, { tool: "db.read" }, { tool: "fs.read" }],
    ["models", { models: ["gpt-*"] }, { model: "gpt-4.1" }, {}],
    ["routes", { routes: ["/v1/**"] }, { route: "/v1/x" }, { route: "/v2/x" }],
    [
      "a label",
      { labels: { district: "08A" } },
      { labels: { district: "08A" } },
      { labels: { district: "08B" } },
    ],
    [
      "one of some labels",
      { labels: { district: ["08*", "09"] } },
      { labels: { district: "08B" } },
      { labels: {} },
    ],
  ])("restricts it by %s", (_what, scope, within, outside) => {
    const rule = { type: "cost", threshold: 0, scope } as const;
    expect(told([rule], { request: { ...within, costNanoUsd: 1n } })).toHaveLength(1);
    expect(told([rule], { request: { ...outside, costNanoUsd: 1n } })).toEqual([]);
  });
});

describe("the action of a rule", () => {
  test.each([
    ["audit", "ALLOW"],
    ["warn", "WARN"],
    ["escalate", "PAUSE"],
    ["block", "BLOCK"],
  ] as const)("%s answers %s", (action, verdict) => {
    expect(
      judge([{ type: "cost", threshold: 0, action }], { request: { costNanoUsd: 1n } })[0]?.verdict,
    ).toBe(verdict);
  });

  const throttle = { type: "policy", expression: "true", action: "throttle", time_window: 60_000 } as const;

  test("throttle warns until the firing that makes the count reach throttle_after", () => {
    const firings = [4, 3, 2].map((seconds) => NOW_MS - seconds * 1_000);
    expect(told([throttle], { count: { firings } })).toEqual(["WARN POLICY_RULE_MATCHED r1"]);
    const [refused] = judge([throttle], { count: { firings: [NOW_MS - 5_000, ...firings] } });
    expect(refused).toMatchObject({ verdict: "THROTTLE", retryAfterMs: 55_000 });
    expect(refused?.message).toContain("5 of 5 times within 60 s");
  });

  test("throttle forgets what has left its window", () => {
    const firings = [60_000, 3, 2, 1].map((ms) => NOW_MS - ms);
    expect(told([throttle], { count: { firings } })).toEqual(["WARN POLICY_RULE_MATCHED r1"]);
    expect(told([throttle], { count: { firings: [NOW_MS - 59_999, ...firings.slice(1)] } })).toEqual([
      "THROTTLE POLICY_RULE_MATCHED r1",
    ]);
  });

  test("throttle refuses the first firing where one is enough", () => {
    const [refused] = judge([{ ...throttle, throttle_after: 1 }]);
    expect(refused).toMatchObject({ verdict: "THROTTLE", retryAfterMs: 60_000 });
  });

  test("throttle reads threshold as throttle_after where the type has none of its own", () => {
    const firings = [NOW_MS - 1];
    expect(told([{ ...throttle, threshold: 2 }], { count: { firings } })[0]).toContain("THROTTLE");
    const cost = { type: "cost", threshold: 2, action: "throttle", time_window: 60_000 } as const;
    expect(told([cost], { request: { costNanoUsd: 3n * USD }, count: { firings } })[0]).toContain("WARN");
  });

  test("throttle never refuses without a window", () => {
    const rule = { type: "policy", expression: "true", action: "throttle", throttle_after: 1 } as const;
    expect(told([rule])).toEqual(["WARN POLICY_RULE_MATCHED r1"]);
  });
});

describe("a rule", () => {
  test("that is off, or disabled, does not fire", () => {
    const rule = { type: "policy", expression: "true" } as const;
    expect(told([{ ...rule, mode: "off" }])).toEqual([]);
    expect(told([{ ...rule, enabled: false }])).toEqual([]);
  });

  test("in shadow says what it would have done", () => {
    expect(judge([{ type: "policy", expression: "true", mode: "shadow" }])).toMatchObject([
      { verdict: "BLOCK", shadow: true },
    ]);
  });

  test("hands back its config, and evidence that never holds the text", () => {
    const rule = { type: "content", pattern: "k[0-9]+", config: { team: "red" } } as const;
    const [finding] = judge([rule], { texts: [input("ä k12, 😀k345")] });
    expect(finding).toMatchObject({
      ruleConfig: { team: "red" },
      message: "A rule: found in the input: r1",
      evidence: [
        { kind: "r1", offset: 3, length: 3, digest: "#3" },
        { kind: "r1", offset: 12, length: 4, digest: "#4" },
      ],
    });
    expect(JSON.stringify({ ...finding, limit: undefined, current: undefined })).not.toContain("k12");
  });
});
