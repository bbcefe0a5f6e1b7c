import type { Finding } from "../../domain/decision.ts";
import { TollgateError } from "../../domain/errors.ts";
import type { RequestedPrincipal } from "../../domain/execution.ts";
import { DEFAULT_TENANT } from "../../domain/execution.ts";
import type { CallerId } from "../../domain/ids.ts";
import type { Now } from "../../domain/time.ts";
import { keepViolation, pushEvent } from "../events/push.ts";
import { FLAG } from "../executions/execution-table.ts";
import { canonicalText } from "../executions/register.ts";
import type { World } from "../world.ts";
import { MAX_REPORTERS, type ReporterRow } from "./reporter-table.ts";

export interface Hello {
  readonly reporterId: string;
  readonly epoch: bigint;
  /** This epoch has sent before. */
  readonly resume: boolean;
  /** Highest sequence the client was ever told is durable. */
  readonly durableSeen: number;
  readonly principal: RequestedPrincipal | undefined;
}

/**
 * Opens a reporter's stream. A new epoch fences the older ones of its id; a newer stream of the same epoch supersedes the
 * older one, whose undelivered messages are dropped.
 *
 * @throws TollgateError REPORTER_UNKNOWN · REPORTER_EXISTS · REPORTER_SUPERSEDED · ROW_DAMAGED · REPORTERS_FULL
 */
export function openReporter(world: World, caller: CallerId, hello: Hello, now: Now): ReporterRow {
  const known = world.reporters.find(caller, hello.reporterId, hello.epoch);
  assertTaken(known, hello);
  if (known === undefined) {
    if (hello.resume || hello.durableSeen > 0) throw unknownReporter(hello);
    return createReporter(world, caller, hello, now);
  }
  if (!hello.resume && hasApplied(known)) {
    throw new TollgateError(
      "REPORTER_EXISTS",
      `reporter ${hello.reporterId} has sent in this epoch before; say resume, or take a new epoch`,
      {
        fields: [{ field: "hello.resume", description: "must be true for an epoch that has sent before" }],
      },
    );
  }
  known.session++;
  world.effects.push({ type: "reporter_superseded", reporter: known.row });
  notePrincipal(world, known, hello.principal);
  touchReporter(world, known, now);
  noteDurableSeen(world, known, hello.durableSeen, now);
  return known;
}

/** The reporter of a unary call; it may be the first message of its epoch. @throws as openReporter */
export function getReporter(
  world: World,
  caller: CallerId,
  hello: Omit<Hello, "resume">,
  now: Now,
): ReporterRow {
  const known = world.reporters.find(caller, hello.reporterId, hello.epoch);
  assertTaken(known, hello);
  if (known !== undefined) {
    notePrincipal(world, known, hello.principal);
    noteDurableSeen(world, known, hello.durableSeen, now);
    return known;
  }
  if (hello.durableSeen > 0) throw unknownReporter(hello);
  return createReporter(world, caller, { ...hello, resume: false }, now);
}

/** The principal that was named last pays for what nobody registered. */
function notePrincipal(world: World, reporter: ReporterRow, principal: Hello["principal"]): void {
  if (principal === undefined || canonicalText(principal) === canonicalText(reporter.principal ?? {})) return;
  world.rows.reporterTexts.touch(reporter.row);
  world.reporters.setPrincipal(reporter, principal);
}

/** @throws TollgateError REPORTER_SUPERSEDED · ROW_DAMAGED */
function assertTaken(known: ReporterRow | undefined, hello: Pick<Hello, "reporterId">): void {
  if (known?.fenced === true) throw superseded(hello);
  if (known?.lost !== true) return;
  throw new TollgateError(
    "ROW_DAMAGED",
    `what was applied of reporter ${hello.reporterId} is damaged in the file; take a new epoch and resend what is kept`,
  );
}

function hasApplied(reporter: ReporterRow): boolean {
  return reporter.floor > 0 || reporter.ranges.length > 0;
}

function createReporter(world: World, caller: CallerId, hello: Hello, now: Now): ReporterRow {
  const { reporters } = world;
  if (!reporters.hasRoom(caller, hello.principal)) throw reportersFull(reporters);
  fenceOlder(world, caller, hello.reporterId);
  const entry: ReporterRow = {
    row: reporters.allocate(),
    caller,
    reporterId: hello.reporterId,
    epoch: hello.epoch,
    fenced: false,
    principal: hello.principal,
    lost: false,
    floor: 0,
    ranges: [],
    cutFloor: 0,
    durableFloor: 0,
    lostThrough: 0,
    session: 1,
    executions: 0,
    lastUsedMs: now.wallMs,
    lastUsedMono: now.monoMs,
  };
  world.rows.reporters.touch(entry.row);
  world.rows.reporterTexts.touch(entry.row);
  reporters.insert(entry);
  return entry;
}

function reportersFull({ size }: World["reporters"]): TollgateError {
  const message =
    size >= MAX_REPORTERS
      ? `${MAX_REPORTERS} reporters are remembered, as many as may be`
      : `this principal has as many reporters as are left for all others, ${MAX_REPORTERS - size}`;
  return new TollgateError("REPORTERS_FULL", message, { retryAfterMs: 60_000 });
}

function fenceOlder(world: World, caller: CallerId, reporterId: string): void {
  const older = world.reporters.current(caller, reporterId);
  if (older === undefined || older.fenced) return;
  world.rows.reporterTexts.touch(older.row);
  older.fenced = true;
  older.session++;
  world.effects.push({ type: "reporter_superseded", reporter: older.row });
}

export function touchReporter(world: World, reporter: ReporterRow, now: Now): void {
  world.rows.reporters.touch(reporter.row);
  reporter.lastUsedMs = now.wallMs;
  reporter.lastUsedMono = now.monoMs;
}

function superseded(hello: Pick<Hello, "reporterId">): TollgateError {
  return new TollgateError(
    "REPORTER_SUPERSEDED",
    `a newer epoch of reporter ${hello.reporterId} has taken over`,
  );
}

function unknownReporter(hello: Pick<Hello, "reporterId">): TollgateError {
  return new TollgateError(
    "REPORTER_UNKNOWN",
    `nothing is remembered of this epoch of reporter ${hello.reporterId}; take a new epoch and resend what is kept`,
  );
}

/** The client was told of more than the file holds: acknowledged reports are missing. Their executions become uncertain. */
function noteDurableSeen(world: World, reporter: ReporterRow, durableSeen: number, now: Now): void {
  if (durableSeen <= reporter.floor || durableSeen <= reporter.lostThrough) return;
  touchReporter(world, reporter, now);
  reporter.lostThrough = durableSeen;
  const message = `reporter ${reporter.reporterId} was told that ${durableSeen} is durable; the file knows ${reporter.floor}`;
  const finding: Finding = {
    verdict: "WARN",
    kind: "STATE",
    reason: "DATA_LOSS",
    message,
    severity: "critical",
  };
  keepViolation(
    world,
    finding,
    now,
    reporter.principal?.tenant ?? DEFAULT_TENANT,
    reporter.reporterId,
    undefined,
    undefined,
  );
  for (const index of world.executions.indexes()) {
    const record = world.executions.record(index);
    if (!record.reporters.includes(reporter.row)) continue;
    world.rows.executions.touch(index);
    world.executions.flags.set(index, world.executions.flags.get(index) | FLAG.uncertain);
    pushEvent(world, index, "DATA_LOSS", message, now, { finding });
  }
}

/** Resent reports closed the gap: what was uncertain for it is certain again. */
export function noteGapClosed(world: World, reporter: ReporterRow): void {
  if (reporter.lostThrough === 0 || reporter.floor < reporter.lostThrough) return;
  reporter.lostThrough = 0;
  for (const index of world.executions.indexes()) {
    const { flags } = world.executions;
    // What did not prove is not found again by resending.
    if ((flags.get(index) & FLAG.lost) !== 0) continue;
    if (!world.executions.record(index).reporters.includes(reporter.row)) continue;
    world.rows.executions.touch(index);
    flags.set(index, flags.get(index) & ~FLAG.uncertain);
  }
}
