import type { Finding, Severity } from "../../domain/decision.ts";
import type { EventType, ExecutionEvent } from "../../domain/event.ts";
import { MAX_EVENTS } from "../../domain/execution.ts";
import type { Now } from "../../domain/time.ts";
import { appended, SHORT } from "../executions/execution-record.ts";
import { countForRules } from "../rules/count-usage.ts";
import type { World } from "../world.ts";

type Facts = Omit<ExecutionEvent, "number" | "type" | "atMs" | "message">;

const NO_FACTS: Facts = Object.freeze({});

/**
 * Adds an event to an execution's numbered list and hands it to whoever watches. `facts` may be shared by many events, and is never
 * written to.
 */
export function pushEvent(
  world: World,
  index: number,
  type: EventType,
  message: string,
  now: Now,
  facts: Facts = NO_FACTS,
): void {
  const table = world.executions;
  const record = table.record(index);
  world.rows.executions.touch(index);
  const number = table.eventNumber.get(index) + 1;
  world.rows.executionEvents.touch(eventRow(index, number));
  table.eventNumber.set(index, number);
  const pushed = shareLast(world.lastPushed, record.events, number, type, message, now, facts);
  world.lastPushed = pushed;
  record.events = pushed.after;
  world.effects.push({ type: "pushed", index, executionId: record.id, event: pushed.event });
}

/** The last event that was pushed, and the list it came to. */
export interface Pushed {
  readonly before: readonly ExecutionEvent[];
  readonly event: ExecutionEvent;
  readonly facts: Facts;
  readonly after: readonly ExecutionEvent[];
}

/**
 * When a tree ends, all of it hears the same in the same turn: its executions share the event and the list. A hundred thousand of them would be
 * most of what the collections of that time have to copy.
 */
function shareLast(
  last: Pushed | undefined,
  before: readonly ExecutionEvent[],
  number: number,
  type: EventType,
  message: string,
  now: Now,
  facts: Facts,
): Pushed {
  const isSame =
    last !== undefined &&
    last.facts === facts &&
    last.event.number === number &&
    last.event.type === type &&
    last.event.atMs === now.wallMs &&
    last.event.message === message;
  if (isSame && last.before === before && last.after.length < SHORT) return last;
  const event = isSame ? last.event : { number, type, atMs: now.wallMs, message, ...facts };
  const events = appended(before, event);
  const after = events.length > MAX_EVENTS ? events.slice(1) : events;
  return { before, event, facts, after };
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
