// Reports in the naive model: a reporter is a set of applied sequences.
import { chargeTree, chargeWindows, endHold } from "./charge-model.ts";
import { actOnStanding, type Clock, complete, type NewApproval } from "./judge-model.ts";
import { type Amounts, chainOf, type Model, type ModelReporter, windowsAt } from "./model.ts";

/** What one report of the simulation says. */
export interface ModelReport {
  readonly executionId: string;
  readonly used: Amounts;
  readonly memory: number | undefined;
  readonly settles: string | undefined;
  /** Wall clock, ms. */
  readonly occurredAt: number | undefined;
  /** Counts nowhere, but its sequence is used up. */
  readonly isInvalid: boolean;
  readonly completes: boolean;
}

const LATE_TOLERANCE_MS = 300_000;
/** The tenant of usage that nobody registered for. */
const UNATTRIBUTED = { tenant: "default", user: undefined };

export function floorOf(reporter: ModelReporter): number {
  let floor = 0;
  while (reporter.applied.has(floor + 1)) floor++;
  return floor;
}

/** One group of a message: the reports of one execution from `first` on. */
export function applyGroup(
  model: Model,
  reporter: ModelReporter,
  first: number,
  reports: readonly ModelReport[],
  clock: Clock,
  opened: NewApproval,
): void {
  const fresh = reports.filter((_, at) => !reporter.applied.has(first + at));
  for (const at of reports.keys()) reporter.applied.add(first + at);
  const [head] = fresh;
  if (head === undefined) return;
  const execution = model.executions.get(head.executionId);
  const valid = fresh.filter((one) => !one.isInvalid);
  if (execution === undefined) {
    for (const one of valid)
      chargeWindows(model, windowsAt(UNATTRIBUTED, instantOf(one, clock), true), one.used);
    return;
  }
  execution.reporters.add(`${reporter.id} ${reporter.epoch}`);
  for (const one of chainOf(model, execution.id))
    one.lastActivityMono = Math.max(one.lastActivityMono, clock.monoMs);
  for (const one of valid) {
    const hold = one.settles === undefined ? undefined : execution.holds.get(one.settles);
    if (hold?.state === "held") endHold(model, hold, "settled");
    else if (hold?.state === "expired") hold.state = "settled";
    chargeTree(model, execution.id, one.used);
    chargeWindows(model, windowsAt(execution, instantOf(one, clock)), one.used);
    if (one.memory !== undefined && execution.state !== "COMPLETED") execution.memory = one.memory;
    actOnStanding(model, execution.id, clock, opened);
  }
  actOnStanding(model, execution.id, clock, opened);
}

/** Usage goes back to where it belongs within the tolerance, never forward. */
function instantOf(report: ModelReport, clock: Clock): number {
  const { occurredAt } = report;
  if (occurredAt === undefined || occurredAt > clock.wallMs || clock.wallMs - occurredAt > LATE_TOLERANCE_MS)
    return clock.wallMs;
  return occurredAt;
}

export function applyCompletion(
  model: Model,
  reporter: ModelReporter,
  sequence: number,
  executionId: string,
  clock: Clock,
): void {
  if (reporter.applied.has(sequence)) return;
  reporter.applied.add(sequence);
  if (model.executions.has(executionId)) complete(model, executionId, clock);
}

export function skip(reporter: ModelReporter, from: number, to: number): void {
  for (let sequence = from; sequence <= to; sequence++) reporter.applied.add(sequence);
}
