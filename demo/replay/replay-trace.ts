import { CallError } from "../../src/client/call-error.ts";
import { createReporter, type Reporter } from "../../src/client/reports/reporter.ts";
import { type Event, EventType } from "../../src/gen/tollgate/enforcement/v1/event_pb.ts";
import { ExecutionState } from "../../src/gen/tollgate/enforcement/v1/execution_pb.ts";
import type { Finding } from "../../src/gen/tollgate/enforcement/v1/finding_pb.ts";
import { count } from "../find-source.ts";
import { say, tell, tellMore, tellWayOut } from "../screen.ts";
import { insist, type Session } from "../session.ts";
import { forEachAtOnce } from "../tally.ts";
import { type Fleet, giveTime, PRINCIPAL, resume } from "./fleet.ts";
import type { Invocation } from "./trace.ts";

// Every invocation is an execution of its own: registered, reported, completed. Reports and ends have fixed sequences, so
// that after any kill the daemon's floor says exactly what is still to be sent.

/** Invocations of one round: registered together, then reported, then ended. */
const ROUND = 500;
/** Registrations under way at once: a connection takes 64 calls, the stream of reports is one of them. */
const REGISTERED_AT_ONCE = 60;
/** The reporter's epoch: the same after a restart, because the same reports can be made again. */
const EPOCH = 1n;
/** Warnings shown one by one; the rest is counted. */
const WARNINGS_SHOWN = 5;
/** A line of progress per so many invocations. */
const PROGRESS_EVERY = 1_000;

/** What one invocation may use: enough for nearly all. */
export const TRACE_LIMITS = { maxTokens: 7_600n, costAlertThresholdNanoUsd: 20_000_000n };
export const TRACE_LIMITS_TEXT = "7,600 tokens, a person is asked at 0.02 USD";

export function traceExecutionId(fleet: Fleet, row: number): string {
  return `${fleet.rootId}-${row + 1}`;
}

export async function replayTrace(
  session: Session,
  fleet: Fleet,
  invocations: readonly Invocation[],
): Promise<void> {
  const teller = createTeller(fleet);
  await using reporter = createReporter(session.client, {
    reporterId: fleet.rootId,
    epoch: EPOCH,
    principal: PRINCIPAL,
    onEvent: teller,
  });
  const done = await reporter.opened();
  if (done > 0)
    say(
      `  the daemon has ${count(done)} of ${count(invocations.length * 2)} messages already: going on behind them`,
      "quiet",
    );
  for (let first = 0; first < invocations.length; first += ROUND) {
    await replayRound(session, fleet, reporter, {
      first,
      rows: invocations.slice(first, first + ROUND),
      done,
    });
    const through = Math.min(first + ROUND, invocations.length);
    if (through % PROGRESS_EVERY === 0 && through * 2 > done)
      say(`  ${count(through)} of ${count(invocations.length)} invocations`, "quiet");
  }
  await reporter.flush();
}

interface Round {
  /** Row of the first invocation. */
  readonly first: number;
  readonly rows: readonly Invocation[];
  /** Last sequence that the daemon had when this process began. */
  readonly done: number;
}

async function replayRound(
  session: Session,
  fleet: Fleet,
  reporter: Reporter,
  { first, rows, done }: Round,
): Promise<void> {
  // Sequences of this round: its reports behind everything before it, then its ends.
  const beforeReports = first * 2;
  const beforeEnds = beforeReports + rows.length;
  if (done >= beforeEnds + rows.length) return;
  const unended = rows.map((_, index) => index).filter((index) => beforeEnds + index + 1 > done);
  await forEachAtOnce(unended, REGISTERED_AT_ONCE, (index) => register(session, fleet, first + index));
  for (const [index, row] of rows.entries()) {
    if (beforeReports + index + 1 > done) await report(reporter, traceExecutionId(fleet, first + index), row);
  }
  for (const index of unended) await reporter.complete(traceExecutionId(fleet, first + index));
}

async function register(session: Session, fleet: Fleet, row: number): Promise<void> {
  const executionId = traceExecutionId(fleet, row);
  const parent = { parent: { case: "executionId" as const, value: fleet.rootId } };
  try {
    const answer = await insist(() =>
      session.client.calls.registerExecution({
        executionId,
        principal: PRINCIPAL,
        parent,
        limits: TRACE_LIMITS,
      }),
    );
    if (answer.state !== ExecutionState.HALTED || !isHaltedByTime(answer.decision?.findings ?? [])) return;
    // It was registered before the kill, and its time ran out before it was replayed.
    await giveTime(session, executionId);
    await resume(session, executionId);
  } catch (error) {
    // Ended before the kill, though the daemon had not said so yet.
    if (!(error instanceof CallError) || error.reason !== "EXECUTION_COMPLETED") throw error;
  }
}

function isHaltedByTime(findings: readonly Finding[]): boolean {
  return findings.some(({ reason }) => reason === "WALL_TIME_LIMIT" || reason === "IDLE_TIMEOUT");
}

async function report(reporter: Reporter, executionId: string, row: Invocation): Promise<void> {
  const tokens = { input: BigInt(row.inputTokens), output: BigInt(row.outputTokens) };
  await reporter.report({ executionId, provider: "demo", model: "demo-coder" }, { requests: 1n, tokens });
}

function createTeller(fleet: Fleet): (event: Event) => void {
  let warnings = 0;
  return (event) => {
    const who = `#${event.executionId.slice(fleet.rootId.length + 1)}`;
    const { payload } = event;
    if (event.type === EventType.WARNING && payload.case === "warning") {
      warnings++;
      if (warnings <= WARNINGS_SHOWN)
        tell(who, "warned", payload.value.finding?.message ?? event.message, "warned");
      if (warnings === WARNINGS_SHOWN) tellMore("further warnings are only counted");
    } else if (payload.case === "pause") tellFinding(who, "PAUSED", payload.value.finding, event);
    else if (payload.case === "halt") tellFinding(who, "HALTED", payload.value.finding, event);
  };
}

function tellFinding(
  who: string,
  what: "PAUSED" | "HALTED",
  finding: Finding | undefined,
  event: Event,
): void {
  tell(who, what, finding?.message ?? event.message, what === "PAUSED" ? "paused" : "stopped");
  tellWayOut(finding);
}
