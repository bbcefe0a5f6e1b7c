// Decisions under a large policy: 1,000 tenants with 20 rules each, 10,000 access rules of the platform. µs of one Check.
// node policy-process.ts ROUNDS; answers one message and ends.

import { systemDigest } from "../../../src/adapters/system/system-digest.ts";
import { createSystemIds } from "../../../src/adapters/system/system-ids.ts";
import type { ExecutionId } from "../../../src/domain/ids.ts";
import type { Ask } from "../../../src/domain/intent.ts";
import type { PolicyDocument } from "../../../src/domain/policy/document.ts";
import { NO_PLACES } from "../../../src/domain/policy/place-table.ts";
import { createNow } from "../../../src/domain/time.ts";
import { createWorld } from "../../../src/engine/create-world.ts";
import { registerExecution } from "../../../src/engine/executions/register.ts";
import { check } from "../../../src/engine/intents/intents.ts";
import { createPolicySet } from "../../../src/engine/policy/resolve-policy.ts";
import { readThreadCpuMs } from "../measure/thread-cpu.ts";
import { CALLER } from "./fixture.ts";

export interface PolicyFigures {
  /** µs of a decision about a plain step, and about a call of a route that the access rules name. */
  readonly plainUs: readonly number[];
  readonly routeUs: readonly number[];
  /** The same route under ten access rules. */
  readonly fewUs: readonly number[];
}

const TENANTS = 1_000;
const RULES = 20;
const ACCESS_RULES = 10_000;
const DECISIONS = 50_000;
const TYPES = ["content", "cost", "policy"] as const;

function document(kind: "Baseline" | "Tenant", value: object): PolicyDocument {
  const name = `${kind}.yaml`;
  return { kind, name, value: { apiVersion: "tollgate.dev/v1", kind, ...value }, places: NO_PLACES };
}

function ruleOf(tenant: number, at: number): object {
  const about = {
    id: `rule-${tenant}-${at}`,
    name: `Rule ${at}`,
    description: "one of many",
    severity: "low",
  };
  const type = TYPES[at % TYPES.length];
  if (type === "content") return { ...about, type, action: "warn", pattern: `codeword${tenant}x${at}` };
  if (type === "cost") return { ...about, type, action: "warn", threshold: 5 + at };
  return { ...about, type, action: "warn", expression: `model == "model-${at}"` };
}

function createTenants(): PolicyDocument[] {
  return Array.from({ length: TENANTS }, (_, tenant) =>
    document("Tenant", {
      tenant: `tenant-${tenant}`,
      execution: { max_steps: 1_000 + tenant },
      quotas: { tenant: { requests: { hour: 100_000_000 } } },
      rules: Array.from({ length: RULES }, (_rule, at) => ruleOf(tenant, at)),
    }),
  );
}

function worldWith(accessRules: number, tenants: readonly PolicyDocument[]) {
  const rules = Array.from({ length: accessRules }, (_, at) => ({
    id: `access-${at}`,
    effect: "deny",
    routes: [`/v1/service-${at}/*`],
    principals: [`user:nobody-${at}`],
  }));
  const sources = {
    baseline: document("Baseline", { access: { rules } }),
    tenants: tenants.map((file, at) => ({
      tenant: `tenant-${at}`,
      file,
      api: undefined,
      isInvalid: false,
    })),
  };
  const world = createWorld({
    ids: createSystemIds(),
    digest: systemDigest,
    policy: { generation: 1, etag: "0123456789abcdef", set: createPolicySet(sources), prices: undefined },
    maxLiveExecutions: 2 * TENANTS,
  });
  for (let tenant = 0; tenant < TENANTS; tenant++) {
    const requested = { values: {}, custom: {} };
    const principal = { tenant: `tenant-${tenant}`, user: `user-${tenant}` };
    const executionId = `run-${tenant}` as ExecutionId;
    registerExecution(
      world,
      CALLER,
      { executionId, principal, labels: {}, discovered: false, requested },
      now,
    );
  }
  return world;
}

/** Questions of every tenant; with a route, each about another service. */
function createAsks(hasRoute: boolean): readonly Ask[] {
  return Array.from({ length: 10_000 }, (_, at) => ({
    executionId: `run-${at % TENANTS}`,
    intent: {
      step: { name: "plan" },
      entersDepth: false,
      costNanoUsd: 1_000_000n,
      custom: {},
      weight: 1n,
      toolCalls: 0n,
      modifications: 0n,
      route: hasRoute ? `/v1/service-${(at * 7) % ACCESS_RULES}/items` : undefined,
      model: hasRoute ? "some-model" : undefined,
    },
    detail: "MINIMAL",
    allowChanges: false,
    labels: {},
    scopes: [],
    acceptsRepair: false,
    fingerprint: () => "",
    intentText: () => "",
  }));
}

function timeDecisions(world: ReturnType<typeof worldWith>, asks: readonly Ask[]): number {
  const startMs = readThreadCpuMs();
  for (let at = 0; at < DECISIONS; at++) {
    const decision = check(world, CALLER, asks[at % asks.length] as Ask, now);
    if (!decision.allowed) throw new Error(`refused: ${decision.findings[0]?.message}`);
  }
  return ((readThreadCpuMs() - startMs) * 1_000) / DECISIONS;
}

const [rounds = 7] = process.argv.slice(2).map(Number);
const now = createNow(10_000_000, Date.now());
const tenants = createTenants();
const many = worldWith(ACCESS_RULES, tenants);
const few = worldWith(10, tenants);
const plain = createAsks(false);
const routed = createAsks(true);
const figures = { plainUs: [] as number[], routeUs: [] as number[], fewUs: [] as number[] };
for (let round = 0; round <= rounds; round++) {
  const plainUs = timeDecisions(many, plain);
  const routeUs = timeDecisions(many, routed);
  const fewUs = timeDecisions(few, routed);
  if (round === 0) continue;
  figures.plainUs.push(plainUs);
  figures.routeUs.push(routeUs);
  figures.fewUs.push(fewUs);
}
process.send?.(figures satisfies PolicyFigures);
