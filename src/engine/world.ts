import type { Decision, Violation } from "../domain/decision.ts";
import type { ExecutionEvent } from "../domain/event.ts";
import type { GuardId } from "../domain/policy/guard-ids.ts";
import type { ToolEntry } from "../domain/policy/tool-entry.ts";
import type { Digest } from "../ports/digest.ts";
import type { Ids } from "../ports/ids.ts";
import type { AdjustmentTable } from "./adjustments/adjustment-table.ts";
import type { ApprovalTable } from "./approvals/approval-table.ts";
import type { ContentTable } from "./contents/content-table.ts";
import type { FanOut } from "./events/fan-out.ts";
import type { Pushed } from "./events/push.ts";
import type { QuotaFanOut } from "./events/quota-fan-out.ts";
import type { ExecutionRecord } from "./executions/execution-record.ts";
import type { ExecutionTable } from "./executions/execution-table.ts";
import type { LevelCounts } from "./gauges/level-counts.ts";
import type { StorageTable } from "./gauges/storage-table.ts";
import type { SpentTable } from "./guards/capabilities/spent-table.ts";
import type { SessionTable } from "./guards/session/session-table.ts";
import type { ToolCallTable } from "./guards/session/tool-call-table.ts";
import type { Probe } from "./limits/probe.ts";
import type { SeenOperations } from "./operations/seen-operations.ts";
import type { OutcomeTable } from "./outcomes/outcome-table.ts";
import type { KeptPolicyTable } from "./policy/kept/kept-policies.ts";
import type { PolicySet } from "./policy/policy-set.ts";
import type { UnsharedQuotas } from "./policy/unshared-quotas.ts";
import type { PoolTable } from "./pools/pool-table.ts";
import type { PriceBook } from "./prices/price-book.ts";
import type { Queue } from "./queue.ts";
import type { WindowTable } from "./quotas/window-table.ts";
import type { PlatformRates } from "./rates/rate-settings.ts";
import type { RateTable } from "./rates/rate-table.ts";
import type { ReporterTable } from "./reports/reporter-table.ts";
import type { UsageTotals } from "./reports/usage-totals.ts";
import type { RequestTable } from "./requests/request-table.ts";
import type { ReservationTable } from "./reservations/reservation-table.ts";
import type { Generations, RowSet } from "./rows/generations.ts";
import type { RuleCountTable } from "./rules/rule-count-table.ts";
import type { Deadlines } from "./time/deadlines.ts";

// Everything the engine knows, as one value that its verbs take. There is no other state: no clock, no module variable.

/** What happened in a turn that somebody outside has to hear of. Drained by whoever called the engine. */
export type Effect =
  | {
      readonly type: "pushed";
      readonly index: number;
      readonly executionId: string;
      readonly event: ExecutionEvent;
    }
  | { readonly type: "violation"; readonly violation: Violation }
  | { readonly type: "approval_answered"; readonly approvalId: string }
  | { readonly type: "completed"; readonly index: number; readonly executionId: string }
  | { readonly type: "reporter_superseded"; readonly reporter: number }
  | { readonly type: "clock_step"; readonly byMs: number }
  /** A quota followed its load, or would have. */
  | {
      readonly type: "quota_adjusted";
      readonly tenant: string;
      /** `user:alice requests.hour`. */
      readonly target: string;
      readonly before: bigint;
      readonly after: bigint;
      readonly applied: boolean;
    }
  | {
      readonly type: "guard_failed";
      readonly guardId: GuardId;
      readonly executionId: string;
      readonly error: unknown;
    }
  | {
      /** An access rule that allowed asks that the decision is logged, or that operators are told. */
      readonly type: "decision_told";
      readonly by: "log" | "notify";
      readonly ruleId: string;
      readonly executionId: string;
      readonly decision: Decision;
    };

export interface Rows {
  readonly executions: RowSet;
  readonly executionTexts: RowSet;
  readonly executionEvents: RowSet;
  readonly loops: RowSet;
  readonly windows: RowSet;
  readonly windowTexts: RowSet;
  readonly reservations: RowSet;
  readonly requests: RowSet;
  readonly reporters: RowSet;
  readonly reporterTexts: RowSet;
  readonly approvals: RowSet;
  readonly rates: RowSet;
  readonly rateTexts: RowSet;
  readonly ruleCounts: RowSet;
  readonly storage: RowSet;
  readonly sessions: RowSet;
  readonly toolCalls: RowSet;
  readonly adjustments: RowSet;
  readonly facts: RowSet;
  readonly spentCapabilities: RowSet;
  readonly keptPolicies: RowSet;
}

/** What the file's state means for answers; set by the loop that writes cuts. */
export interface StoreHealth {
  /** The last cut failed: answers are given at once and say STORE_FAILING. */
  failing: boolean;
  /** New intents are refused: too much is unsaved, or `on_store_failure: block`. */
  blocking: boolean;
}

export interface Policy {
  /** Grows by one with every swap: effective values computed under another number are resolved again. */
  readonly generation: number;
  readonly etag: string;
  readonly set: PolicySet;
  readonly prices: PriceBook | undefined;
  /** What the platform says about speed beside the tiers; absent = nothing. */
  readonly platformRates?: PlatformRates | undefined;
  /** The tool catalogue, by name of the tool. */
  readonly tools?: ReadonlyMap<string, ToolEntry> | undefined;
  /** By document: what counts pod by pod although people may take it for one sum. */
  readonly unshared?: ReadonlyMap<string, UnsharedQuotas>;
}

export interface World {
  readonly executions: ExecutionTable;
  readonly windows: WindowTable;
  readonly reservations: ReservationTable;
  readonly requests: RequestTable;
  readonly reporters: ReporterTable;
  readonly approvals: ApprovalTable;
  readonly rates: RateTable;
  readonly ruleCounts: RuleCountTable;
  readonly outcomes: OutcomeTable;
  /** For settings pages. */
  readonly seenOperations: SeenOperations;
  /** For metrics. */
  readonly usageTotals: UsageTotals;
  /** Requests in flight, per level of principals. */
  readonly slots: LevelCounts;
  /** RUNNING and PAUSED executions, per level of principals. */
  readonly places: LevelCounts;
  readonly storage: StorageTable;
  readonly quotaFanOut: QuotaFanOut;
  readonly sessions: SessionTable;
  readonly toolCalls: ToolCallTable;
  /** Texts that come in chunks; in memory only. */
  readonly contents: ContentTable;
  /** Values of principals that stand beside the policy. */
  readonly adjustments: AdjustmentTable;
  readonly pools: PoolTable;
  /** Capability tokens that worked once. */
  readonly spentCapabilities: SpentTable;
  /** Documents of tenants that operators write. */
  readonly keptPolicies: KeptPolicyTable;
  readonly deadlines: Deadlines;
  readonly generations: Generations;
  readonly rows: Rows;
  readonly fanOut: FanOut;
  readonly ids: Ids;
  readonly digest: Digest;
  /** Keyed hash with the key of this installation, hexadecimal: the only trace of what must not be kept. */
  readonly keyedHash: (text: string) => string;
  readonly maxLiveExecutions: number;
  /** `on_hole: refuse`: what is uncertain is refused too. */
  readonly refusesUncertain: boolean;
  readonly store: StoreHealth;
  /** Completed executions in memory, the oldest first. */
  readonly completed: Queue<{ readonly index: number; readonly stamp: number }>;
  readonly effects: Effect[];
  /** So that many who hear the same share it. */
  lastPushed: Pushed | undefined;
  policy: Policy;
  /** Up to where executions have moved to the policy in force. */
  readonly policySweep: { next: number };
  /** Executions whose events somebody receives. */
  readonly watched: WeakSet<ExecutionRecord>;
  /** Unused findings are never built: a shared scratch row for what one charge adds. */
  readonly scratch: BigInt64Array;
  /** What the intent that is being judged adds. */
  readonly scratchIntent: BigInt64Array;
  /** A probe over `scratch`. */
  readonly scratchProbe: Probe;
}
