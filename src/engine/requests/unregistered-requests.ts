import type { Decision } from "../../domain/decision.ts";
import { TollgateError } from "../../domain/errors.ts";
import type { CallerId } from "../../domain/ids.ts";
import type { Ask } from "../../domain/intent.ts";
import type { Now } from "../../domain/time.ts";
import type { World } from "../world.ts";
import { MAX_UNREGISTERED_REQUESTS, OF_UNREGISTERED, REQUEST_MEMORY_MS } from "./request-table.ts";
import { requestConflict } from "./requests.ts";

// `unregistered: allow`: what a charge took lies in quotas and rates alone, so its request id is remembered per caller.

/**
 * The first answer to a charge that is repeated.
 * @throws TollgateError REQUEST_CONFLICT when the same id comes with other content
 */
export function findUnregisteredAnswer(world: World, caller: CallerId, ask: Ask): Decision | undefined {
  const { requestId, executionId } = ask;
  if (requestId === undefined) return undefined;
  const known = world.requests.findUnregistered(caller, executionId, requestId);
  if (known === undefined) return undefined;
  if (known.digest !== world.digest.digest128(ask.fingerprint())) throw requestConflict(requestId);
  return known.answer;
}

/** @throws TollgateError REQUESTS_FULL when as many are remembered of this caller as may be; nothing was taken */
export function assertUnregisteredRoom(world: World, caller: CallerId, { requestId }: Ask): void {
  if (requestId === undefined || world.requests.unregisteredCount(caller) < MAX_UNREGISTERED_REQUESTS) return;
  const message = `${MAX_UNREGISTERED_REQUESTS} request ids that name no registered execution are remembered for 10 minutes`;
  throw new TollgateError("REQUESTS_FULL", message, { retryAfterMs: 1_000 });
}

/** Remembers what was taken; call in the turn that took it, so that both are in one cut. */
export function rememberUnregistered(
  world: World,
  caller: CallerId,
  ask: Ask,
  answer: Decision,
  now: Now,
): void {
  const { requestId, executionId } = ask;
  if (requestId === undefined) return;
  const { requests, rows } = world;
  const row = requests.allocate();
  rows.requests.touch(row);
  requests.insert({
    row,
    index: OF_UNREGISTERED,
    caller,
    executionId,
    requestId,
    digest: world.digest.digest128(ask.fingerprint()),
    answer,
    expiresMono: now.monoMs + REQUEST_MEMORY_MS,
  });
}
