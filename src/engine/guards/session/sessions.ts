import { TollgateError } from "../../../domain/errors.ts";
import type { GuardId } from "../../../domain/policy/guard-ids.ts";
import type { Now } from "../../../domain/time.ts";
import type { ExecutionRecord } from "../../executions/execution-record.ts";
import { sessionKey } from "../../executions/table/session-roots.ts";
import type { World } from "../../world.ts";
import type { ChainCommit } from "../chain/run-chain.ts";
import type { Guard } from "../guard.ts";
import { GUARDS } from "../guard-table.ts";
import {
  type GuardSession,
  MAX_SESSION_LENGTH,
  MAX_SESSIONS,
  SESSION_MEMORY_MS,
  SESSION_TTL_MS,
} from "./session-table.ts";

// What the guards remember of a session. A session is fixed when an execution registers and inherited by its children, so a
// whole tree shares one and every bound on a session is met by each root execution too (docs/decisions).

export function findSession(world: World, record: ExecutionRecord): GuardSession | undefined {
  return world.sessions.byKey.get(sessionKey(record));
}

/** A guard's slice, to be read; an empty one where nothing is remembered. */
export function sliceOf(session: GuardSession | undefined, guard: Guard): unknown {
  return session?.slices[guard.id] ?? guard.createState?.();
}

/**
 * Carries out what the guards want to be remembered, in the order of the chain.
 * @throws TollgateError SESSIONS_FULL: call `assertSessionRoom` before anything is taken
 */
export function commitToSession(
  world: World,
  record: ExecutionRecord,
  commits: readonly ChainCommit[],
  now: Now,
): void {
  if (commits.length === 0) return;
  const session = findSession(world, record) ?? createSession(world, record, now);
  world.rows.sessions.touch(session.row);
  session.lastUsedMs = now.wallMs;
  if (session.imageLength > MAX_SESSION_LENGTH) trimSession(session);
  for (const { guard, outcome } of commits) {
    session.slices[guard.id] ??= guard.createState?.();
    outcome.commit?.(session.slices[guard.id]);
  }
}

function createSession(world: World, record: ExecutionRecord, now: Now): GuardSession {
  assertSessionRoom(world, record, now);
  const session: GuardSession = {
    row: world.sessions.allocate(),
    key: sessionKey(record),
    id: record.session,
    tenant: record.principal.tenant,
    slices: {},
    lastUsedMs: now.wallMs,
    imageLength: 0,
  };
  world.rows.sessions.touch(session.row);
  world.sessions.insert(session);
  return session;
}

/**
 * Sees to it that the session of an execution has a place; sessions that nobody has used for an hour make room.
 * @throws TollgateError SESSIONS_FULL
 */
export function assertSessionRoom(world: World, record: ExecutionRecord, now: Now): void {
  if (hasSessionRoom(world, record, now)) return;
  throw new TollgateError("SESSIONS_FULL", `${MAX_SESSIONS} sessions are in use, as many as may be`, {
    retryAfterMs: 60_000,
  });
}

/** As assertSessionRoom: what makes room is forgotten. */
export function hasSessionRoom(world: World, record: ExecutionRecord, now: Now): boolean {
  const { sessions } = world;
  if (sessions.byKey.has(sessionKey(record)) || sessions.byKey.size < MAX_SESSIONS) return true;
  const live = liveSessions(world);
  let oldest: GuardSession | undefined;
  for (const session of sessions.byKey.values()) {
    if (live.has(session.key) || now.wallMs - session.lastUsedMs < SESSION_TTL_MS) continue;
    if (oldest === undefined || session.lastUsedMs < oldest.lastUsedMs) oldest = session;
  }
  if (oldest === undefined) return false;
  removeSession(world, oldest);
  return true;
}

/** Keys of the sessions of all executions in memory: a completed one keeps its session for its hour. */
function liveSessions(world: World): Set<string> {
  const live = new Set<string>();
  for (const index of world.executions.indexes()) live.add(sessionKey(world.executions.record(index)));
  return live;
}

function removeSession(world: World, session: GuardSession): void {
  world.rows.sessions.touch(session.row);
  world.sessions.remove(session.row);
}

/** Forgets sessions that nobody has used for a day and that no execution in memory belongs to. */
export function forgetSessions(world: World, now: Now): void {
  const old = [...world.sessions.byKey.values()].filter(
    (session) => now.wallMs - session.lastUsedMs >= SESSION_MEMORY_MS,
  );
  if (old.length === 0) return;
  const live = liveSessions(world);
  for (const session of old) if (!live.has(session.key)) removeSession(world, session);
}

/**
 * What goes first when a session has grown above its bound. What refuses more once it is forgotten comes before what would allow
 * more: nobody fills a session with references to be rid of the attempts that stand against them.
 */
const TRIM_ORDER: readonly GuardId[] = [
  "provenance",
  "grounding",
  "saturation",
  "plan_shape",
  "timeout_budget",
  "tool_budget",
  "retry_safety",
];

/** Forgets the older half of what a guard remembers, again and again, one guard after the other, until the session fits. */
function trimSession(session: GuardSession): void {
  let left = JSON.stringify(session.slices).length;
  for (const id of TRIM_ORDER) {
    const slice = session.slices[id];
    for (let before = left + 1; slice !== undefined && left > MAX_SESSION_LENGTH && left < before; ) {
      before = left;
      GUARDS.get(id)?.trim?.(slice);
      left = JSON.stringify(session.slices).length;
    }
  }
}

/** Which session an operator means; its id is kept per caller. */
export interface SessionTarget {
  readonly tenant: string;
  readonly sessionId: string;
  readonly caller: string | undefined;
}

/**
 * An operator's reset: forgets what the guards remember of a session, or what the named ones do. Counters, limits, quotas and
 * slots stay. True when there was something.
 * @throws TollgateError SESSION_AMBIGUOUS when several callers use the id
 */
export function resetSession(
  world: World,
  target: SessionTarget,
  guardIds: readonly string[],
  by: string,
  note: string | undefined,
  now: Now,
): boolean {
  const { tenant, sessionId, caller } = target;
  const found = [...world.sessions.byKey.values()].filter(
    (one) =>
      one.id === sessionId && one.tenant === tenant && (caller === undefined || callerOf(one) === caller),
  );
  if (found.length > 1) {
    throw new TollgateError(
      "SESSION_AMBIGUOUS",
      `session ${sessionId} is used by several callers (${found.map(callerOf).join(", ")}): name one`,
    );
  }
  const [session] = found;
  if (session === undefined) return false;
  const body = { by, note, guards: guardIds };
  world.generations.append("audit", {
    at_ms: now.wallMs,
    tenant,
    subject: sessionId,
    kind: "reset_session",
    body,
  });
  if (guardIds.length === 0) removeSession(world, session);
  else {
    world.rows.sessions.touch(session.row);
    for (const id of guardIds) delete session.slices[id as GuardId];
  }
  return true;
}

function callerOf({ key }: GuardSession): string {
  return key.slice(0, key.indexOf("\n"));
}
