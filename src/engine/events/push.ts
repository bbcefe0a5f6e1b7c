import type { Finding, Severity } from "../../domain/decision.ts";
import type { EventType, ExecutionEvent } from "../../domain/event.ts";
import { MAX_EVENTS } from "../../domain/execution.ts";
import type { Now } from "../../domain/time.ts";
import { appended } from "../executions/execution-record.ts";
import { countForRules } from "../rules/count-usage.ts";
import type { World } from "../world.ts";

/** Adds an event to an execution's numbered list and hands it to whoever watches. */
export function pushEvent(
  world: World,
  index: number,
  type: EventType,
  message: string,
  now: Now,
  facts: Omit<ExecutionEvent, "number" | "type" | "atMs" | "message"> = {},
): void {
  const table = world.executions;
  const record = table.record(index);
  world.rows.executions.touch(index);
  const number = table.eventNumber.get(index) + 1;
  world.rows.executionEvents.touch(eventRow(index, number));
  table.eventNumber.set(index, number);
  const event: ExecutionEvent = { number, type, atMs: now.wallMs, message, ...facts };
  const events = appended(record.events, event);
  record.events = events.length > MAX_EVENTS ? events.slice(1) : events;
  world.effects.push({ type: "pushed", index, executionId: record.id, event });
}

/** Row of an event in its table: the last 256 of an execution share 256 rows. */
export function eventRow(index: number, number: number): number {
  return index * MAX_EVENTS + (number % MAX_EVENTS);
}

/** Keeps a finding as a violation. */
export function recordViolation(world: World, index: number, finding: Finding, now: Now): void {
  const record = world.executions.record(index);
  keepViolation(
    world,
    finding,
    now,
    record.principal.tenant,
    record.id,
    record.principal.agent,
    record.principal.user,
  );
  countForRules(world, record, NO_PLACE, { violations: 1n }, now.wallMs);
}

/** Violations are counted for rules of every tool, model and route alone. */
const NO_PLACE = Object.freeze({});

export function keepViolation(
  world: World,
  finding: Finding,
  now: Now,
  tenant: string,
  executionId: string,
  agent: string | undefined,
  user: string | undefined,
): void {
  const severity: Severity = finding.severity ?? (finding.verdict === "WARN" ? "low" : "high");
  const sequence = world.generations.append("violations", {
    at_ms: now.wallMs,
    tenant,
    subject: executionId,
    kind: finding.reason,
    body: { ...finding, severity, agent, user, policy_etag: world.policy.etag },
  });
  world.effects.push({
    type: "violation",
    violation: { sequence, atMs: now.wallMs, tenant, executionId, agent, user, severity, finding },
  });
}

/** An administrative change: who did what to what, before and after. */
export function audit(
  world: World,
  index: number,
  action: string,
  by: string,
  facts: { readonly [name: string]: unknown },
  now: Now,
): void {
  const record = world.executions.record(index);
  world.generations.append("audit", {
    at_ms: now.wallMs,
    tenant: record.principal.tenant,
    subject: record.id,
    kind: action,
    body: { by, ...facts },
  });
}
