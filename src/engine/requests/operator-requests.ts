import { TollgateError } from "../../domain/errors.ts";
import type { Now } from "../../domain/time.ts";
import type { World } from "../world.ts";
import { MAX_REQUESTS, OF_OPERATORS, type OperatorRequestRow, REQUEST_MEMORY_MS } from "./request-table.ts";
import { requestConflict } from "./requests.ts";

// Writes of operators that named a `request_id`: what was answered first is answered again, also after a restart.

/** A write as it is compared with an earlier one of the same id. */
export interface OperatorRequest {
  readonly requestId: string;
  /** What it does and with what, in canonical form. */
  readonly content: string;
}

/** Characters of all remembered answers together: one that changed thousands of executions names them all. */
const MAX_CHARACTERS = 16 << 20;

/**
 * The first answer, encoded, base64; undefined for a new request.
 * @throws TollgateError REQUEST_CONFLICT when the same id comes with other content
 */
export function findOperatorAnswer(world: World, ask: OperatorRequest, now: Now): string | undefined {
  const known = world.requests.findOfOperator(ask.requestId);
  if (known === undefined || known.expiresMono <= now.monoMs) return undefined;
  if (known.digest === world.digest.digest128(ask.content)) return known.message;
  throw requestConflict(ask.requestId);
}

/** @throws TollgateError REQUESTS_FULL when as many are remembered as may be; nothing was done */
export function assertOperatorRoom({ requests }: World): void {
  if (requests.operatorCount < MAX_REQUESTS && requests.operatorCharacters < MAX_CHARACTERS) return;
  throw new TollgateError(
    "REQUESTS_FULL",
    "as many request ids of operators are remembered as may be, each for 10 minutes: leave request_id out or wait",
    { retryAfterMs: 1_000 },
  );
}

/** Remembers the answer; call in the turn that did what it tells, so that both are in one cut. */
export function rememberOperatorAnswer(world: World, ask: OperatorRequest, message: string, now: Now): void {
  const { requests, rows } = world;
  const { requestId, content } = ask;
  const expired = requests.findOfOperator(requestId);
  if (expired !== undefined) {
    rows.requests.touch(expired.row);
    requests.remove(expired.row);
  }
  const row = requests.allocate();
  rows.requests.touch(row);
  const entry: OperatorRequestRow = {
    row,
    index: OF_OPERATORS,
    requestId,
    digest: world.digest.digest128(content),
    message,
    expiresMono: now.monoMs + REQUEST_MEMORY_MS,
  };
  requests.insert(entry);
}
