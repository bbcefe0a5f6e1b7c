import { SPENT_STRIDE } from "../domain/counters.ts";
import type { Digest } from "../ports/digest.ts";
import type { Ids } from "../ports/ids.ts";
import { encodeAdjustment } from "./adjustments/adjustment-rows.ts";
import { AdjustmentTable } from "./adjustments/adjustment-table.ts";
import { ApprovalTable } from "./approvals/approval-table.ts";
import { ContentTable } from "./contents/content-table.ts";
import { FanOut } from "./events/fan-out.ts";
import { QuotaFanOut } from "./events/quota-fan-out.ts";
import { ExecutionTable } from "./executions/execution-table.ts";
import { encodeStorage } from "./gauges/gauge-rows.ts";
import { LevelCounts } from "./gauges/level-counts.ts";
import { StorageTable } from "./gauges/storage-table.ts";
import { encodeSpent } from "./guards/capabilities/spent-capabilities.ts";
import { SpentTable } from "./guards/capabilities/spent-table.ts";
import { SessionTable } from "./guards/session/session-table.ts";
import { ToolCallTable } from "./guards/session/tool-call-table.ts";
import { EMPTY_PROBE } from "./limits/probe.ts";
import { SeenOperations } from "./operations/seen-operations.ts";
import { OutcomeTable } from "./outcomes/outcome-table.ts";
import { encodeKept, KeptPolicyTable } from "./policy/kept/kept-policies.ts";
import { PoolTable } from "./pools/pool-table.ts";
import { Queue } from "./queue.ts";
import { encodeFact } from "./quotas/fresh-windows.ts";
import { WindowTable } from "./quotas/window-table.ts";
import { encodeRate, encodeRateText } from "./rates/rate-rows.ts";
import { RateTable } from "./rates/rate-table.ts";
import { ReporterTable } from "./reports/reporter-table.ts";
import { UsageTotals } from "./reports/usage-totals.ts";
import { RequestTable } from "./requests/request-table.ts";
import { ReservationTable } from "./reservations/reservation-table.ts";
import { encodeExecution, encodeLoop } from "./rows/execution-image.ts";
import { encodeExecutionText } from "./rows/execution-text.ts";
import { Generations } from "./rows/generations.ts";
import { encodeSession, encodeToolCall } from "./rows/guard-images.ts";
import {
  encodeApproval,
  encodeEvent,
  encodeReporter,
  encodeReporterText,
  encodeRequest,
  encodeReservation,
  encodeWindow,
  encodeWindowText,
} from "./rows/other-images.ts";
import { encodeRuleCount } from "./rules/rule-count-rows.ts";
import { RuleCountTable } from "./rules/rule-count-table.ts";
import { Deadlines } from "./time/deadlines.ts";
import type { Policy, Rows, World } from "./world.ts";

export interface WorldOptions {
  readonly ids: Ids;
  readonly digest: Digest;
  /** With the key of the installation; without one the plain digest. */
  readonly keyedHash?: ((text: string) => string) | undefined;
  readonly policy: Policy;
  /** Most executions that are RUNNING, PAUSED or HALTED at once. */
  readonly maxLiveExecutions: number;
  /** Refuse what is uncertain too: `on_hole: refuse`. Default no. */
  readonly refusesUncertain?: boolean;
  /** Tell tenants apart in what was used, for metrics. Default no. */
  readonly countsByTenant?: boolean;
}

/** An empty engine. As many completed executions as live ones are kept in memory. */
export function createWorld(options: WorldOptions): World {
  const generations = new Generations();
  const scratch = new BigInt64Array(SPENT_STRIDE + 1);
  const keyedHash = options.keyedHash ?? ((text: string) => options.digest.digest128(text));
  const executions = new ExecutionTable(2 * options.maxLiveExecutions, keyedHash("ids of executions"));
  const world: World = {
    executions,
    windows: new WindowTable(),
    reservations: new ReservationTable(),
    requests: new RequestTable(),
    reporters: new ReporterTable(),
    approvals: new ApprovalTable(),
    rates: new RateTable(),
    ruleCounts: new RuleCountTable(),
    outcomes: new OutcomeTable(),
    seenOperations: new SeenOperations(),
    usageTotals: new UsageTotals(options.countsByTenant === true),
    slots: new LevelCounts(),
    places: new LevelCounts(),
    storage: new StorageTable(),
    quotaFanOut: new QuotaFanOut(),
    sessions: new SessionTable(),
    toolCalls: new ToolCallTable(),
    contents: new ContentTable(),
    adjustments: new AdjustmentTable(),
    pools: new PoolTable(),
    spentCapabilities: new SpentTable(),
    keptPolicies: new KeptPolicyTable(),
    deadlines: new Deadlines(),
    generations,
    rows: createRows(generations, executions, () => world),
    fanOut: new FanOut(),
    ids: options.ids,
    digest: options.digest,
    keyedHash,
    maxLiveExecutions: options.maxLiveExecutions,
    refusesUncertain: options.refusesUncertain === true,
    store: { failing: false, blocking: false },
    completed: new Queue(),
    effects: [],
    lastPushed: undefined,
    policy: options.policy,
    policySweep: { next: Number.POSITIVE_INFINITY },
    watched: new WeakSet(),
    scratch,
    scratchIntent: new BigInt64Array(SPENT_STRIDE + 1),
    scratchProbe: { ...EMPTY_PROBE, add: scratch },
  };
  return world;
}

function createRows(generations: Generations, { dirty }: ExecutionTable, world: () => World): Rows {
  return {
    executions: generations.rowSet((key, out) => encodeExecution(world(), key, out), dirty),
    executionTexts: generations.rowSet((key, out) => encodeExecutionText(world(), key, out)),
    executionEvents: generations.rowSet((key, out) => encodeEvent(world(), key, out), "sparse"),
    loops: generations.rowSet((key, out) => encodeLoop(world(), key, out)),
    windows: generations.rowSet((key, out) => encodeWindow(world(), key, out)),
    windowTexts: generations.rowSet((key, out) => encodeWindowText(world(), key, out)),
    reservations: generations.rowSet((key, out) => encodeReservation(world(), key, out)),
    requests: generations.rowSet((key, out) => encodeRequest(world(), key, out)),
    reporters: generations.rowSet((key, out) => encodeReporter(world(), key, out)),
    reporterTexts: generations.rowSet((key, out) => encodeReporterText(world(), key, out)),
    approvals: generations.rowSet((key, out) => encodeApproval(world(), key, out)),
    rates: generations.rowSet((key, out) => encodeRate(world(), key, out)),
    rateTexts: generations.rowSet((key, out) => encodeRateText(world(), key, out)),
    ruleCounts: generations.rowSet((key, out) => encodeRuleCount(world(), key, out)),
    storage: generations.rowSet((key, out) => encodeStorage(world(), key, out)),
    sessions: generations.rowSet((key, out) => encodeSession(world(), key, out)),
    toolCalls: generations.rowSet((key, out) => encodeToolCall(world(), key, out)),
    adjustments: generations.rowSet((key, out) => encodeAdjustment(world(), key, out)),
    facts: generations.rowSet((key, out) => encodeFact(world(), key, out)),
    spentCapabilities: generations.rowSet((key, out) => encodeSpent(world(), key, out)),
    keptPolicies: generations.rowSet((key, out) => encodeKept(world(), key, out)),
  };
}
