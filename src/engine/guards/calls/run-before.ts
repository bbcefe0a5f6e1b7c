import type { ToolEntry } from "../../../domain/policy/tool-entry.ts";
import type { Now } from "../../../domain/time.ts";
import type { ExecutionRecord } from "../../executions/execution-record.ts";
import type { JsonDocument } from "../../json/json-document.ts";
import type { World } from "../../world.ts";
import { builtInGuards } from "../built-in-guards.ts";
import {
  type GuardPolicy,
  type ResolvedGuards,
  resolveGuardSettings,
} from "../chain/resolve-guard-settings.ts";
import { type ChainResult, runChain } from "../chain/run-chain.ts";
import type { BeforeInput, GuardFacts, ToolCall } from "../guard.ts";
import { BEFORE_ORDER, type ChainPlace, GUARDS } from "../guard-table.ts";
import { findSession, sliceOf } from "../session/sessions.ts";
import { callKey, guardFacts, signatureOf } from "./call-facts.ts";
import type { ToolCallRequest } from "./tool-requests.ts";

// The chain before a call, with everything that the guards look at; and the pass before it that only asks for names.

export interface BeforeRun {
  readonly world: World;
  readonly record: ExecutionRecord;
  readonly request: ToolCallRequest;
  readonly policy: GuardPolicy;
  readonly guards: ResolvedGuards;
  readonly entry: ToolEntry | undefined;
  readonly call: ToolCall;
  readonly facts: GuardFacts;
  readonly document: JsonDocument;
  readonly now: Now;
}

export function createBeforeRun(
  world: World,
  record: ExecutionRecord,
  request: ToolCallRequest,
  document: JsonDocument,
  now: Now,
): BeforeRun {
  const policy = guardPolicyOf(world);
  const { tool, namespace } = request;
  const guards = resolveGuardSettings(policy, tool, namespace);
  const entry = world.policy.tools?.get(tool);
  const call: ToolCall = {
    callId: request.callId,
    key: callKey(world, record.id, request.callId),
    tool,
    namespace,
    turnId: request.turnId,
    planId: request.planId,
    parentKeys: request.parents.map((parent) => callKey(world, record.id, parent)),
    idempotencyKey: request.idempotencyKey,
    entry,
    sideEffect: entry?.side_effect ?? "write",
  };
  const labels = { ...record.labels, ...request.labels };
  const { addresses, capability } = request;
  const facts = guardFacts(world, record, call, { addresses, capability, labels });
  return { world, record, request, policy, guards, entry, call, facts, document, now };
}

export function guardPolicyOf(world: World): GuardPolicy {
  return world.policy.guards ?? builtInGuards();
}

export function runBefore(run: BeforeRun, order: readonly ChainPlace[] = BEFORE_ORDER): ChainResult {
  const { world, record, request, policy, guards } = run;
  const session = findSession(world, record);
  return runChain({
    order,
    guards,
    evaluate: policy.evaluate,
    acceptsRepair: request.acceptsRepair,
    document: run.document,
    stateOf: (guard) => sliceOf(session, guard),
    ask: (guard, settings, state, document) =>
      guard.before?.(beforeInput(run, settings, state, document ?? run.document)),
    checks: {},
  });
}

function beforeInput(
  run: BeforeRun,
  settings: unknown,
  state: unknown,
  document: JsonDocument,
): BeforeInput<unknown, unknown> {
  const { call, facts, now } = run;
  return {
    call,
    arguments: document,
    get signature() {
      return signatureOf(run.world, call.tool, call.namespace, document, call.entry);
    },
    settings,
    state,
    facts,
    now,
  };
}

/** Guards whose repairs change what names there are: they run before the names are asked for. */
const BEFORE_NAMES: readonly ChainPlace[] = ["schema_strictness", "unresolved_reference", "sensitive_data"];

/** Names that must be resolved before the chain can judge; changes nothing. */
export function namesOf(run: BeforeRun): readonly string[] {
  const { network_policy } = run.guards;
  const guard = GUARDS.get("network_policy");
  if (guard?.namesToResolve === undefined || network_policy.level === "off" || network_policy.mode === "off")
    return [];
  const before = runBefore(run, BEFORE_NAMES);
  return guard.namesToResolve(beforeInput(run, network_policy, undefined, before.document ?? run.document));
}

/** A guard that failed inside: told to the operators, since the answer holds only its name. */
export function tellFailures(world: World, record: ExecutionRecord, { failures }: ChainResult): void {
  for (const { guardId, error } of failures)
    world.effects.push({ type: "guard_failed", guardId, executionId: record.id, error });
}
