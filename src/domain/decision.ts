import type { Amount } from "./amounts.ts";
import type { Category, Tier, ViolationType } from "./limits.ts";
import type { RuleType } from "./policy/rule-fields.ts";
import { REASONS, type ReasonCode, type Remedy } from "./reasons.ts";

/** In rising precedence: the last one among the findings is the verdict. */
export const VERDICTS = ["ALLOW", "WARN", "REPAIR", "THROTTLE", "PAUSE", "BLOCK"] as const;
export type Verdict = (typeof VERDICTS)[number];

export type FindingKind =
  | "LIMIT"
  | "QUOTA"
  | "RATE"
  | "RULE"
  | "GUARD"
  | "ACCESS"
  | "OPERATION"
  | "ATTRIBUTE"
  | "STATE";

export type Severity = "low" | "medium" | "high" | "critical";

export type FindingUnit =
  | "steps"
  | "tool_calls"
  | "requests"
  | "tokens"
  | "cost"
  | "firings"
  | "attribute"
  | "risk";

/** Where something was found, redacted: never the text itself. */
export interface Evidence {
  readonly kind: string;
  /** `$.headers.authorization`; absent for a plain text. */
  readonly path?: string | undefined;
  /** Bytes of the UTF-8 text. */
  readonly offset?: number | undefined;
  readonly length?: number | undefined;
  /** Keyed hash of what was found. */
  readonly digest?: string | undefined;
}

/** What one check says about one request. */
export interface Finding {
  readonly verdict: Verdict;
  readonly kind: FindingKind;
  readonly reason: ReasonCode;
  readonly message: string;
  readonly violationType?: ViolationType | undefined;
  readonly category?: Category | undefined;
  readonly retryable?: boolean | undefined;
  readonly fatal?: boolean | undefined;
  readonly severity?: Severity | undefined;
  readonly tier?: Tier | undefined;
  /** Id of the limit, quota, rule or guard, e.g. `max_steps`. */
  readonly sourceId?: string | undefined;
  /** The policy key that decided, where it is not the id: what a remedy names. */
  readonly setting?: string | undefined;
  readonly document?: string | undefined;
  readonly line?: number | undefined;
  /** What `current` and `limit` count, where the id does not say it. */
  readonly unit?: FindingUnit | undefined;
  readonly current?: Amount | undefined;
  readonly limit?: Amount | undefined;
  readonly remaining?: Amount | undefined;
  readonly overrun?: Amount | undefined;
  /** The part of `current` that is only held. */
  readonly held?: Amount | undefined;
  readonly percent?: number | undefined;
  readonly approvalId?: string | undefined;
  readonly shadow?: boolean | undefined;
  readonly retryAfterMs?: number | undefined;
  /** Level of the chain of principals that a quota, rate or slot is of: `user:alice`, `global`. */
  readonly principal?: string | undefined;
  readonly ruleType?: RuleType | undefined;
  /** The rule's `config`, handed back as it is. */
  readonly ruleConfig?: { readonly [name: string]: unknown } | undefined;
  readonly evidence?: readonly Evidence[] | undefined;
  /** The execution whose limit it is: the asking one or an ancestor. */
  readonly executionId?: string | undefined;
  /** Sequence of the one report that this is about. */
  readonly sequence?: number | undefined;
}

/** What one guard of a tool call said. */
export interface GuardDetail {
  readonly guardId: string;
  readonly verdict: Verdict;
  readonly reason: ReasonCode | undefined;
  readonly message: string | undefined;
  /** It changed the arguments or the output. */
  readonly repaired: true | undefined;
  readonly shadow: true | undefined;
}

/** A name and the addresses that the tool host is to connect to. */
export interface ResolvedHost {
  readonly host: string;
  readonly addresses: readonly string[];
}

export interface Remaining {
  readonly unit:
    | "steps"
    | "tokens"
    | "cost"
    | "time"
    | "requests"
    | "tool_calls"
    | "input_tokens"
    | "output_tokens"
    | "discovered_steps";
  readonly amount: Amount;
}

/** What an access rule asks for along with its allow; it is carried out as well. */
export type Obligation =
  | { readonly type: "redact" | "log" | "notify"; readonly ruleId: string }
  | { readonly type: "max_tokens"; readonly ruleId: string; readonly maxTokens: number };

/** The one answer to a request, combined from all findings. */
export interface Decision {
  readonly decisionId: string;
  readonly verdict: Verdict;
  /** True for ALLOW, WARN and REPAIR: what a simple client tests. */
  readonly allowed: boolean;
  readonly findings: readonly Finding[];
  readonly retryAfterMs: number | undefined;
  readonly approvalIds: readonly string[];
  readonly remaining: readonly Remaining[];
  readonly advice: readonly string[];
  readonly obligations: readonly Obligation[];
  readonly uncertain: boolean;
  readonly policyEtag: string;
  /** Wall clock, ms. */
  readonly decidedAtMs: number;
  /** Only on checks of tool calls and their outputs, in the order of the chain. */
  readonly guardDetails?: readonly GuardDetail[] | undefined;
  readonly pinnedHosts?: readonly ResolvedHost[] | undefined;
}

const RANK: { readonly [V in Verdict]: number } = {
  ALLOW: 0,
  WARN: 1,
  REPAIR: 2,
  THROTTLE: 3,
  PAUSE: 4,
  BLOCK: 5,
};

export function rankOf(verdict: Verdict): number {
  return RANK[verdict];
}

export function isAllowed(verdict: Verdict): boolean {
  return RANK[verdict] <= RANK.REPAIR;
}

export function remedyOf(finding: Finding): Remedy {
  const remedy = REASONS[finding.reason].remedy;
  if (finding.setting !== undefined) return { ...remedy, setting: finding.setting };
  return finding.sourceId !== undefined && remedy.setting === ""
    ? { ...remedy, setting: finding.sourceId }
    : remedy;
}

export const NO_FINDINGS: readonly Finding[] = Object.freeze([]);
const NO_OBLIGATIONS: readonly Obligation[] = Object.freeze([]);
const NO_REMAINING: readonly Remaining[] = Object.freeze([]);
const NO_TEXTS: readonly string[] = Object.freeze([]);

/** Combines findings into the answer: the highest verdict wins; findings are sorted by verdict, then as they came. */
export function combineFindings(
  findings: readonly Finding[],
  about: {
    readonly decisionId: string;
    readonly policyEtag: string;
    readonly decidedAtMs: number;
    readonly uncertain: boolean;
    readonly remaining?: readonly Remaining[] | undefined;
    readonly advice?: readonly string[] | undefined;
    readonly obligations?: readonly Obligation[] | undefined;
  },
): Decision {
  let top = 0;
  let retryAfterMs: number | undefined;
  let approvalIds: string[] | undefined;
  for (const finding of findings) {
    if (finding.shadow === true) continue;
    const rank = RANK[finding.verdict];
    if (rank > top) top = rank;
    if (finding.retryAfterMs !== undefined && finding.retryAfterMs > (retryAfterMs ?? -1))
      retryAfterMs = finding.retryAfterMs;
    if (finding.approvalId !== undefined) {
      approvalIds ??= [];
      approvalIds.push(finding.approvalId);
    }
  }
  const verdict = VERDICTS[top] as Verdict;
  return {
    decisionId: about.decisionId,
    verdict,
    allowed: top <= RANK.REPAIR,
    findings: findings.length > 1 ? findings.toSorted((a, b) => RANK[b.verdict] - RANK[a.verdict]) : findings,
    retryAfterMs,
    approvalIds: approvalIds ?? NO_TEXTS,
    remaining: about.remaining ?? NO_REMAINING,
    advice: about.advice ?? NO_TEXTS,
    obligations: top <= RANK.REPAIR ? (about.obligations ?? NO_OBLIGATIONS) : NO_OBLIGATIONS,
    uncertain: about.uncertain,
    policyEtag: about.policyEtag,
    decidedAtMs: about.decidedAtMs,
  };
}

/** A finding that is kept: it blocked, paused, throttled, or would have. */
export interface Violation {
  /** Grows by 1 for the life of the file. */
  readonly sequence: number;
  readonly atMs: number;
  readonly tenant: string;
  readonly executionId: string;
  readonly agent: string | undefined;
  readonly user: string | undefined;
  readonly severity: Severity;
  readonly finding: Finding;
}
