// Who may do what: every dimension of a rule with the nearest request that it is not about, tiers, obligations, and that an
// index of rules answers what trying all of them would.
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { TierPart } from "../../../../src/domain/policy/field.ts";
import type { AccessSettings } from "../../../../src/domain/policy/rule-fields.ts";
import type { AccessRuleSettings } from "../../../../src/engine/access/access-rule.ts";
import { compileAccessRule } from "../../../../src/engine/access/access-rule.ts";
import { judgeAccess } from "../../../../src/engine/access/judge-access.ts";
import { AccessQuestion, matchRule } from "../../../../src/engine/access/match-rule.ts";
import type { RequestFacts } from "../../../../src/engine/expressions/request-facts.ts";
import { factsOf } from "../expressions/facts-fixture.ts";

type RuleFields = Partial<Omit<AccessRuleSettings, "time" | "obligations">> & {
  readonly time?: Partial<AccessRuleSettings["time"]> | undefined;
  readonly obligations?: Partial<AccessRuleSettings["obligations"]>;
};

function ruleOf({ time, obligations, ...fields }: RuleFields): AccessRuleSettings {
  return {
    id: "R-1",
    effect: "deny",
    scopes_match: "all",
    ...fields,
    time: { time_zone: "UTC", ...time },
    obligations: { redact: false, log: false, notify: false, ...obligations },
  };
}

function sectionOf(rules: readonly RuleFields[], byDefault: "allow" | "deny" = "allow"): AccessSettings {
  return { default: byDefault, rules: rules.map(ruleOf) };
}

function tierOf(value: AccessSettings, tier: "baseline" | "tenant" = "baseline"): TierPart<AccessSettings> {
  return { tier, document: undefined, line: undefined, mode: undefined, value };
}

/** Thursday, 2026-01-15 12:30 UTC. */
const NOON = Date.UTC(2026, 0, 15, 12, 30);

function judge(
  tiers: readonly TierPart<AccessSettings>[],
  request: Partial<RequestFacts> = {},
  more: { readonly wallMs?: number; readonly tellsAllows?: boolean; readonly isShadow?: boolean } = {},
) {
  return judgeAccess({
    tiers,
    request: factsOf(request),
    wallMs: NOON,
    tellsAllows: true,
    isShadow: false,
    ...more,
  });
}

function told(tiers: readonly TierPart<AccessSettings>[], request: Partial<RequestFacts> = {}): string[] {
  return judge(tiers, request).findings.map(
    ({ reason, sourceId }) => `${reason}${sourceId === undefined ? "" : ` ${sourceId}`}`,
  );
}

const ann = { tenant: "acme", team: "red", user: "ann@example.com", apiKeyId: "k1", agent: "planner" };

describe("a rule is about a request", () => {
  test.each<[string, RuleFields, Partial<RequestFacts>, Partial<RequestFacts>]>([
    ["with a route of it", { routes: ["/v1/chat"] }, { route: "/v1/chat" }, { route: "/v1/chats" }],
    ["with a route below it", { routes: ["/v1/chat/*"] }, { route: "/v1/chat/x" }, { route: "/v1/chat/x/y" }],
    [
      "however the route is written",
      { routes: ["/v1/chat"] },
      { route: "//v1/./x/../chat/?a=b" },
      { route: "/v1/x" },
    ],
    ["however the rule writes it", { routes: ["/v1//chat/"] }, { route: "/v1/chat" }, { route: "/v1" }],
    ["with a route at all", { routes: ["*"] }, { route: "chat" }, {}],
    [
      "with an operation of it",
      { operations: ["plan.*"] },
      { operation: { name: "plan.move", attributes: {} } },
      { operation: { name: "plan.move.all", attributes: {} } },
    ],
    ["with a tool of it", { tools: ["tools.db.**"] }, { tool: "tools.db.read.all" }, { tool: "tools.fs" }],
    ["with a model of it", { models: ["gpt-*"] }, { model: "gpt-4.1" }, { model: "claude-4" }],
    [
      "of one of its principals",
      { principals: ["user:bob", "team:red"] },
      { principal: ann },
      { principal: { tenant: "acme", team: "blue" } },
    ],
    ["of any user", { principals: ["user:*"] }, { principal: ann }, { principal: { tenant: "acme" } }],
    [
      "of users of a domain",
      { principals: ["user:*@example.com"] },
      { principal: ann },
      { principal: { tenant: "acme", user: "ann@example.org" } },
    ],
    [
      "of a key",
      { principals: ["api_key:k1"] },
      { principal: ann },
      { principal: { ...ann, apiKeyId: "k2" } },
    ],
    [
      "of an agent",
      { principals: ["agent:planner"] },
      { principal: ann },
      { principal: { ...ann, agent: "other" } },
    ],
    [
      "from an address among its principals",
      { principals: ["ip:203.0.113.0/24"] },
      { sourceIp: "203.0.113.9" },
      { sourceIp: "203.0.114.9" },
    ],
    [
      "from one of its addresses",
      { ip: ["10.0.0.0/8", "2001:db8::/32"] },
      { sourceIp: "::ffff:10.1.2.3" },
      { sourceIp: "11.0.0.1" },
    ],
    ["from an address at all", { ip: ["0.0.0.0/0"] }, { sourceIp: "1.2.3.4" }, {}],
    ["with all its scopes", { scopes: ["a", "b"] }, { scopes: ["b", "c", "a"] }, { scopes: ["a"] }],
    [
      "with any of its scopes",
      { scopes: ["a", "b"], scopes_match: "any" },
      { scopes: ["b"] },
      { scopes: ["c"] },
    ],
    ["while its condition holds", { when: "tokens.total > 10" }, { inputTokens: 11n }, { inputTokens: 10n }],
    [
      "that is all of it",
      { routes: ["/v1/**"], principals: ["tenant:acme"], scopes: ["s"] },
      { route: "/v1/x", scopes: ["s"] },
      { route: "/v1/x" },
    ],
  ])("%s", (_what, rule, about, beside) => {
    expect(told([tierOf(sectionOf([rule]))], about)).toEqual(["DENY_RULE_MATCHED R-1"]);
    expect(told([tierOf(sectionOf([rule]))], beside)).toEqual(["DEFAULT_ALLOW"]);
  });

  const berlin = "Europe/Berlin";
  test.each<[string, RuleFields["time"], number, number]>([
    ["on its days", { days: ["thu"] }, NOON, NOON + 86_400_000],
    ["in its hours", { from: "12:30", to: "12:31" }, NOON + 59_999, NOON + 60_000],
    ["from an hour on", { from: "12:30" }, NOON, NOON - 1],
    ["until an hour", { to: "12:31" }, NOON, NOON + 60_000],
    ["all day", { to: "24:00" }, Date.UTC(2026, 0, 15, 23, 59, 59), Number.NaN],
    [
      "over midnight, before it",
      { days: ["thu"], from: "22:00", to: "06:00" },
      Date.UTC(2026, 0, 15, 22),
      Date.UTC(2026, 0, 15, 5),
    ],
    [
      "over midnight, after it",
      { days: ["thu"], from: "22:00", to: "06:00" },
      Date.UTC(2026, 0, 16, 5, 59),
      Date.UTC(2026, 0, 16, 6),
    ],
    [
      "from Sunday to Monday",
      { days: ["sun"], from: "23:00", to: "01:00" },
      Date.UTC(2026, 0, 19, 0, 30),
      Date.UTC(2026, 0, 18, 0, 30),
    ],
    [
      "by the clock of a zone in winter",
      { from: "08:00", to: "09:00", time_zone: berlin },
      Date.UTC(2026, 0, 15, 7),
      Date.UTC(2026, 0, 15, 6, 59),
    ],
    [
      "by the clock of a zone in summer",
      { from: "08:00", to: "09:00", time_zone: berlin },
      Date.UTC(2026, 6, 15, 6),
      Date.UTC(2026, 6, 15, 7),
    ],
    ["on the day of a zone", { days: ["fri"], time_zone: "Pacific/Auckland" }, NOON, NOON - 7_200_000],
  ])("%s", (_what, time, within, outside) => {
    const tiers = [tierOf(sectionOf([{ time }]))];
    expect(judge(tiers, {}, { wallMs: within }).findings.map((one) => one.reason)).toEqual([
      "DENY_RULE_MATCHED",
    ]);
    if (Number.isNaN(outside)) return;
    expect(judge(tiers, {}, { wallMs: outside }).findings.map((one) => one.reason)).toEqual([
      "DEFAULT_ALLOW",
    ]);
  });
});

describe("a tier", () => {
  test("denies by any deny rule, and names the first", () => {
    const rules: RuleFields[] = [
      { id: "a", effect: "allow" },
      { id: "d1", routes: ["/v1/**"] },
      { id: "d2" },
    ];
    expect(told([tierOf(sectionOf(rules))], { route: "/v1/x" })).toEqual(["DENY_RULE_MATCHED d1"]);
    expect(told([tierOf(sectionOf(rules))])).toEqual(["DENY_RULE_MATCHED d2"]);
  });

  test("allows by the first allow rule, else by its default", () => {
    const section = sectionOf(
      [
        { id: "a2", effect: "allow" },
        { id: "a1", effect: "allow", routes: ["/x"] },
      ],
      "deny",
    );
    expect(told([tierOf(section)], { route: "/x" })).toEqual(["ALLOW_RULE_MATCHED a2"]);
    expect(told([tierOf(sectionOf([{ effect: "allow", routes: ["/x"] }], "deny"))])).toEqual([
      "DEFAULT_DENY",
    ]);
    expect(told([tierOf(sectionOf([]))])).toEqual(["DEFAULT_ALLOW"]);
  });

  test("denies where the condition of a deny rule cannot be evaluated, and allows nothing by one that cannot", () => {
    const when = 'labels.env == "prod"';
    expect(told([tierOf(sectionOf([{ when }]))])).toEqual(["ACCESS_RULE_FAILED R-1"]);
    expect(told([tierOf(sectionOf([{ when, effect: "allow" }], "deny"))])).toEqual(["DEFAULT_DENY"]);
    expect(told([tierOf(sectionOf([{ when: "no expression(" }]))])).toEqual(["ACCESS_RULE_FAILED R-1"]);
  });

  test("cannot open what another denies", () => {
    const closed = tierOf(sectionOf([{ id: "b", routes: ["/admin/**"] }]));
    const open = tierOf(sectionOf([{ id: "t", effect: "allow" }]), "tenant");
    expect(told([closed, open], { route: "/admin/x" })).toEqual([
      "DENY_RULE_MATCHED b",
      "ALLOW_RULE_MATCHED t",
    ]);
    expect(told([open, closed], { route: "/x" })).toEqual(["ALLOW_RULE_MATCHED t", "DEFAULT_ALLOW"]);
  });

  test("says only what denies where allows are not asked for", () => {
    expect(judge([tierOf(sectionOf([]))], {}, { tellsAllows: false }).findings).toEqual([]);
  });

  test("that is only tried out refuses nothing and still says what it would", () => {
    const { findings } = judge([tierOf(sectionOf([{}]))], {}, { isShadow: true });
    expect(findings).toMatchObject([{ verdict: "BLOCK", shadow: true, sourceId: "R-1" }]);
  });

  test("whose document is only tried out leaves the others in force", () => {
    const tried = { ...tierOf(sectionOf([], "deny"), "tenant"), mode: "shadow" };
    const open = judge([tierOf(sectionOf([])), tried]).findings;
    expect(open.map(({ reason, shadow }) => [reason, shadow])).toEqual([
      ["DEFAULT_ALLOW", undefined],
      ["DEFAULT_DENY", true],
    ]);
    expect(judge([tierOf(sectionOf([{}])), tried]).findings[0]).toMatchObject({
      reason: "DENY_RULE_MATCHED",
    });
  });
});

describe("obligations", () => {
  const allow: RuleFields = { id: "a", effect: "allow", obligations: { max_tokens: 500, log: true } };
  const redact: RuleFields = { id: "b", effect: "allow", obligations: { redact: true, notify: true } };

  test("are those of every rule that allowed, in every tier", () => {
    const { obligations } = judge([tierOf(sectionOf([allow])), tierOf(sectionOf([redact]), "tenant")]);
    expect(obligations).toEqual([
      { type: "max_tokens", ruleId: "a", maxTokens: 500 },
      { type: "log", ruleId: "a" },
      { type: "redact", ruleId: "b" },
      { type: "notify", ruleId: "b" },
    ]);
  });

  test("are none where a tier denies", () => {
    expect(judge([tierOf(sectionOf([allow])), tierOf(sectionOf([{}]), "tenant")]).obligations).toEqual([]);
  });
});

describe("the index of rules", () => {
  const globs = fc.constantFrom("/a/b", "/a/*", "/a/**", "/b", "x.y", "x.*", "**", "*");
  const names = fc.constantFrom("/a/b", "/a/c", "/a/b/c", "/b", "x.y", "x.z", "q");
  const principal = fc.constantFrom("user:u1", "user:u2", "user:*", "tenant:acme", "ip:10.0.0.0/8");
  const optional = <T>(values: fc.Arbitrary<T>) =>
    fc.option(fc.array(values, { maxLength: 3 }), { nil: undefined });
  const rule = fc.record({
    effect: fc.constantFrom("allow" as const, "deny" as const),
    routes: optional(globs),
    operations: optional(globs),
    tools: optional(globs),
    principals: optional(principal),
  });
  const request = fc.record({
    route: fc.option(names, { nil: undefined }),
    tool: fc.option(names, { nil: undefined }),
    operation: fc.option(fc.record({ name: names, attributes: fc.constant({}) }), { nil: undefined }),
    principal: fc.record({
      tenant: fc.constantFrom("acme", "other"),
      user: fc.constantFrom("u1", "u2", "u3"),
    }),
    sourceIp: fc.constantFrom(undefined, "10.1.1.1", "11.1.1.1"),
  });

  test("answers what trying every rule would", () => {
    fc.assert(
      fc.property(fc.array(rule, { maxLength: 12 }), request, (fields, asked) => {
        const rules = fields.map((one, at) => ruleOf({ ...one, id: `r${at}` }));
        const question = new AccessQuestion(factsOf(asked), NOON);
        const matching = rules.filter((one, at) => matchRule(compileAccessRule(one, at), question) === "yes");
        const deny = matching.find((one) => one.effect === "deny");
        const allow = matching.find((one) => one.effect === "allow");
        const [finding] = judge([tierOf({ default: "allow", rules })], asked).findings;
        const wanted =
          deny !== undefined
            ? ["DENY_RULE_MATCHED", deny.id]
            : allow !== undefined
              ? ["ALLOW_RULE_MATCHED", allow.id]
              : ["DEFAULT_ALLOW", undefined];
        expect([finding?.reason, finding?.sourceId]).toEqual(wanted);
      }),
    );
  });
});
