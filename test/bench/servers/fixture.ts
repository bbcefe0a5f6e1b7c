// What the budgets are measured over: trees of depth 3, principals with 18 windows, 8 limits, up to 100,000 live executions.

import type { CallerId, ExecutionId } from "../../../src/domain/ids.ts";
import { type EffectiveLimit, LIMITS, type LimitKey } from "../../../src/domain/limits.ts";
import type { PolicyDocument } from "../../../src/domain/policy/document.ts";
import { NO_PLACES } from "../../../src/domain/policy/place-table.ts";
import type { Now } from "../../../src/domain/time.ts";
import { registerExecution } from "../../../src/engine/executions/register.ts";
import type { LimitPolicy } from "../../../src/engine/limits/effective-limits.ts";
import { createPolicySet, NO_DOCUMENTS } from "../../../src/engine/policy/resolve-policy.ts";
import { createPriceBook } from "../../../src/engine/prices/price-book.ts";
import type { Policy, World } from "../../../src/engine/world.ts";
import { builtInLimits, policySetOf } from "../../unit/engine/policy-fixture.ts";

/** The caller of the agents' socket. */
export const CALLER = "uds" as CallerId;
/** One root, three children, six grandchildren. */
const TREE = 10;
const LEAVES_FROM = 4;
/** Out of reach: the bench measures what is allowed. */
const FAR = 1n << 50n;
const KEYS: readonly LimitKey[] = [
  "max_steps",
  "max_tokens",
  "max_input_tokens",
  "max_output_tokens",
  "max_requests",
  "max_tool_calls",
  "max_cost_usd",
  "max_wall_time_ms",
];
const WALL_TIME_MS = 86_400_000n;

/** Eight limits; the built-in 100 steps would halt everything within a second. */
function fixtureLimits(): LimitPolicy {
  const byKey: { [K in LimitKey]?: EffectiveLimit } = {};
  for (const key of KEYS) {
    const value = key === "max_wall_time_ms" ? WALL_TIME_MS : FAR;
    byKey[key] = { value, mode: "enforce", onExceed: LIMITS[key].onExceed, tier: "tenant" };
  }
  return { ...builtInLimits(), byKey };
}

/** Quotas of everybody, tenant, user and agent, and a rate: out of reach too. */
const DOCUMENT = {
  apiVersion: "tollgate.dev/v1",
  kind: "Baseline",
  quotas: Object.fromEntries(
    ["tenant", "user", "agent"].map((level) => [
      level,
      { requests: { hour: 1e12 }, tokens: { day: 1e15 }, cost_usd: { month: 1e9 } },
    ]),
  ),
  rates: { tenant: { rps: 1e6, burst: 1e6 } },
};

/** Limits, quotas, a rate, the built-in rules and a price for what the load asks about: an allowed request has no finding. */
export function fixturePolicy(): Policy {
  const baseline: PolicyDocument = {
    kind: "Baseline",
    name: "baseline.yaml",
    value: DOCUMENT,
    places: NO_PLACES,
  };
  const { settings } = createPolicySet({ ...NO_DOCUMENTS, baseline }).base;
  const { quotas, rates } = settings;
  const prices = { tokens: { input: 2_500_000_000n, output: 10_000_000_000n }, request: 0n };
  return {
    generation: 1,
    etag: "0123456789abcdef",
    set: policySetOf(fixtureLimits(), { quotas, rates }),
    prices: createPriceBook([{ provider: "demo", model: "demo-coder", prices }]),
  };
}

export function idOf(place: number): string {
  return `execution-${String(place).padStart(8, "0")}`;
}

/** The id of the n-th grandchild: what agents report for and ask about. */
export function leafId(leaf: number): string {
  const perTree = TREE - LEAVES_FROM;
  return idOf(Math.floor(leaf / perTree) * TREE + LEAVES_FROM + (leaf % perTree));
}

export function leavesOf(executions: number): number {
  return Math.floor(executions / TREE) * (TREE - LEAVES_FROM);
}

/** Registers `count` executions; `count` is a multiple of ten. */
export function registerFixture(world: World, count: number, now: Now): void {
  for (let place = 0; place < count; place++) {
    const tree = Math.floor(place / TREE);
    const within = place % TREE;
    const parent = parentWithin(within);
    registerExecution(
      world,
      CALLER,
      {
        executionId: idOf(place) as ExecutionId,
        principal: within === 0 ? principalOf(tree) : undefined,
        labels: {},
        discovered: false,
        requested: { values: {}, custom: {} },
        parentId: parent === undefined ? undefined : (idOf(tree * TREE + parent) as ExecutionId),
      },
      now,
    );
  }
}

function parentWithin(within: number): number | undefined {
  if (within === 0) return undefined;
  return within < LEAVES_FROM ? 0 : 1 + Math.floor((within - LEAVES_FROM) / 2);
}

/** Windows of everybody, tenant, team, user, key and agent, by hour, day and month: 18. */
function principalOf(tree: number) {
  return {
    tenant: "acme",
    team: `team-${tree % 20}`,
    user: `user-${tree % 200}`,
    apiKeyId: `key-${tree % 200}`,
    agent: `agent-${tree % 10}`,
  };
}
