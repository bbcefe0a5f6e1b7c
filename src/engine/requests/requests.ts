import type { Decision } from "../../domain/decision.ts";
import { TollgateError } from "../../domain/errors.ts";
import type { RequestIdentity } from "../../domain/intent.ts";
import type { Now } from "../../domain/time.ts";
import type { World } from "../world.ts";
import { type AnyRequestRow, MAX_REQUESTS, REQUEST_MEMORY_MS, type RequestRow } from "./request-table.ts";

/**
 * The first answer to a request that is repeated.
 * @throws TollgateError REQUEST_CONFLICT when the same id comes with other content
 */
export function findAnswer(world: World, index: number, ask: RequestIdentity): Decision | undefined {
  return findRequest(world, index, ask)?.answer;
}

/**
 * What is remembered of a request that is repeated.
 * @throws TollgateError REQUEST_CONFLICT when the same id comes with other content
 */
export function findRequest(world: World, index: number, ask: RequestIdentity): RequestRow | undefined {
  if (ask.requestId === undefined) return undefined;
  const memory = world.executions.record(index).requests?.get(ask.requestId);
  const known = world.requests.find(memory?.row);
  if (known === undefined) return undefined;
  if (known.digest !== world.digest.digest128(ask.fingerprint())) {
    throw requestConflict(ask.requestId);
  }
  return known;
}

/** The same id with other content. */
export function requestConflict(requestId: string): TollgateError {
  return new TollgateError("REQUEST_CONFLICT", `request ${requestId} was made with other content`, {
    fields: [{ field: "request_id", description: "was used for another request; use a new id" }],
  });
}

/**
 * Remembers the answer to a request that took something.
 * @throws TollgateError REQUESTS_FULL before anything is taken: call `assertRoom` first
 */
export function rememberAnswer(
  world: World,
  index: number,
  ask: RequestIdentity,
  answer: Decision,
  now: Now,
  expiresAtMs?: number,
): void {
  if (ask.requestId === undefined) return;
  const record = world.executions.record(index);
  const row = world.requests.allocate();
  const entry: RequestRow = {
    row,
    index,
    requestId: ask.requestId,
    digest: world.digest.digest128(ask.fingerprint()),
    answer,
    expiresAtMs,
    expiresMono: now.monoMs + REQUEST_MEMORY_MS,
  };
  world.rows.requests.touch(row);
  world.requests.insert(entry);
  record.requests ??= new Map();
  record.requests.set(ask.requestId, { digest: entry.digest, row });
}

/** @throws TollgateError REQUESTS_FULL when this execution has as many remembered requests as may be */
export function assertRequestRoom(world: World, index: number, ask: RequestIdentity): void {
  const size = world.executions.record(index).requests?.size ?? 0;
  if (ask.requestId === undefined || size < MAX_REQUESTS) return;
  throw new TollgateError(
    "REQUESTS_FULL",
    `${MAX_REQUESTS} request ids of this execution are remembered for 10 minutes`,
    {
      retryAfterMs: 1_000,
    },
  );
}

/** Forgets at most `max` requests whose time is over; answers how many. */
export function forgetRequests(world: World, now: Now, max: number): number {
  const { byAge } = world.requests;
  let forgotten = 0;
  while (forgotten < max && byAge.length > 0 && (byAge.first as AnyRequestRow).expiresMono <= now.monoMs) {
    const entry = byAge.shift() as AnyRequestRow;
    forgotten++;
    if (world.requests.entries[entry.row] !== entry) continue;
    world.rows.requests.touch(entry.row);
    world.executions.recordAt(entry.index)?.requests?.delete(entry.requestId);
    world.requests.remove(entry.row);
  }
  return forgotten;
}
