import { type Finding, type GuardDetail, NO_FINDINGS, rankOf } from "../../../domain/decision.ts";
import type { GuardId } from "../../../domain/policy/guard-ids.ts";
import type { JsonDocument } from "../../json/json-document.ts";
import { type Guard, type GuardNote, type GuardOutcome, PASS, type PinnedHost } from "../guard.ts";
import type { ChainPlace } from "../guard-table.ts";
import { FIXED_GUARDS, GUARDS } from "../guard-table.ts";
import { detailOf, findingOf, verdictAt } from "./guard-findings.ts";
import type { ResolvedGuards } from "./resolve-guard-settings.ts";

// Guards one after the other over one document. The chain changes nothing: what is to be remembered comes back in `commits`.

/** A check that is no guard but has its place in the chain: access rules, content rules. */
export type ChainCheck = (document: JsonDocument | undefined) => readonly Finding[];

export interface ChainRun {
  readonly order: readonly ChainPlace[];
  readonly guards: ResolvedGuards;
  readonly evaluate: "first" | "all";
  /** What the client runs or passes on is what a repair says; else a repair refuses. */
  readonly acceptsRepair: boolean;
  /** Undefined: there is no output. */
  readonly document: JsonDocument | undefined;
  /** The guard's slice of the session. */
  readonly stateOf: (guard: Guard) => unknown;
  /** Calls the guard's function for this phase; undefined when it has none. */
  readonly ask: (
    guard: Guard,
    settings: unknown,
    state: unknown,
    document: JsonDocument | undefined,
  ) => GuardOutcome | undefined;
  readonly checks: { readonly access?: ChainCheck; readonly content_rules?: ChainCheck };
}

/** What a guard wants to be remembered. */
export interface ChainCommit {
  readonly guard: Guard;
  readonly outcome: GuardOutcome;
}

export interface ChainFailure {
  readonly guardId: GuardId;
  readonly error: unknown;
}

export interface ChainResult {
  /** In the order of the chain; shadow findings among them. */
  readonly findings: readonly Finding[];
  readonly details: readonly GuardDetail[];
  /** What refused first, or else the last that changed something. */
  readonly stoppedAt: string | undefined;
  /** Joined with `; `, in the order of the chain, shadow findings left out. */
  readonly reason: string | undefined;
  readonly document: JsonDocument | undefined;
  readonly repaired: boolean;
  /** A finding that counts refuses: BLOCK, PAUSE or THROTTLE. */
  readonly refused: boolean;
  readonly commits: readonly ChainCommit[];
  readonly advice: readonly string[];
  readonly pinnedHosts: readonly PinnedHost[];
  readonly referenceId: string | undefined;
  readonly failures: readonly ChainFailure[];
}

interface Running {
  readonly run: ChainRun;
  readonly findings: Finding[];
  readonly details: GuardDetail[];
  readonly reasons: string[];
  readonly commits: ChainCommit[];
  readonly advice: Set<string>;
  readonly pinnedHosts: PinnedHost[];
  readonly failures: ChainFailure[];
  document: JsonDocument | undefined;
  repaired: boolean;
  isSettled: boolean;
  blockedAt: string | undefined;
  repairedAt: string | undefined;
  referenceId: string | undefined;
}

export function runChain(run: ChainRun): ChainResult {
  const running: Running = {
    run,
    findings: [],
    details: [],
    reasons: [],
    commits: [],
    advice: new Set(),
    pinnedHosts: [],
    failures: [],
    document: run.document,
    repaired: false,
    isSettled: false,
    blockedAt: undefined,
    repairedAt: undefined,
    referenceId: undefined,
  };
  for (const place of run.order) {
    if (place === "access" || place === "content_rules") {
      settle(running);
      if (running.blockedAt === undefined || run.evaluate === "all") runCheck(running, place);
    } else if (place === "capability_argument") runGuard(running, FIXED_GUARDS[place], ALWAYS);
    else runGuard(running, GUARDS.get(place), run.guards[place]);
    if (running.blockedAt !== undefined && run.evaluate === "first") break;
  }
  settle(running);
  return resultOf(running);
}

/** Once nothing more repairs, and before anything judges what is then passed on. */
function settle(running: Running): void {
  if (running.isSettled || !running.repaired || running.blockedAt !== undefined) return;
  running.isSettled = true;
  judgeRepaired(running);
}

/** Guards that judge nothing but the document: what they allowed may be something else after a later repair. */
const DOCUMENT_GUARDS: readonly GuardId[] = [
  "schema_strictness",
  "unresolved_reference",
  "network_policy",
  "output_size",
  "sensitive_data",
];
/** Repairs of repairs: what has not come to rest by then is refused. */
const MAX_ROUNDS = 3;

/** What is passed on is judged as it is passed on: a secret that was taken out may leave a text that the schema refuses. */
function judgeRepaired(running: Running): void {
  const { order } = running.run;
  // Those behind the last repair saw what it left.
  const last = order.indexOf(running.repairedAt as ChainPlace);
  let open = DOCUMENT_GUARDS.filter((id) => order.includes(id) && order.indexOf(id) < last);
  for (let round = 1; open.length > 0; round += 1) {
    let repairedBy: GuardId | undefined;
    for (const id of open) {
      if (rejudge(running, id, round === MAX_ROUNDS)) repairedBy = id;
      if (running.blockedAt !== undefined) return;
    }
    open =
      repairedBy === undefined ? [] : DOCUMENT_GUARDS.filter((id) => order.includes(id) && id !== repairedBy);
  }
}

/** True when it repaired once more. */
function rejudge(running: Running, id: GuardId, isLastRound: boolean): boolean {
  const guard = GUARDS.get(id);
  const settings = running.run.guards[id];
  if (guard === undefined || settings.level !== "block" || settings.mode !== "enforce") return false;
  const outcome = askGuard(running, guard, settings);
  const notes = outcome?.notes.filter(({ verdict }) => verdict === "BLOCK" || verdict === "REPAIR") ?? [];
  if (notes.length === 0) return false;
  const refused = notes.filter(({ verdict }) => isLastRound || verdict === "BLOCK");
  if (refused.length === 0) {
    running.document = outcome?.document;
    running.repairedAt = id;
    return true;
  }
  const found = refused.map((note) => findingOf(id, note, "BLOCK", false));
  running.findings.push(...found);
  addDetail(running, detailOf(id, found, {}));
  tell(running, id, found);
  return false;
}

function runCheck(running: Running, place: "access" | "content_rules"): void {
  const findings = running.run.checks[place]?.(running.document) ?? [];
  if (findings.length === 0) return;
  running.findings.push(...findings);
  const counting = findings.filter((one) => one.shadow !== true);
  running.details.push(detailOf(place, counting, { shadow: counting.length === 0 }));
  tell(running, place, counting);
}

type Standing = Pick<ResolvedGuards[GuardId], "level" | "mode">;

const ALWAYS: Standing = { level: "block", mode: "enforce" };

function runGuard(running: Running, guard: Guard | undefined, settings: Standing): void {
  if (guard === undefined || settings.level === "off" || settings.mode === "off") return;
  const outcome = askGuard(running, guard, settings);
  // What no policy can switch off has nothing to say of most calls, and no line of its own then.
  if (outcome === undefined || (settings === ALWAYS && outcome.notes.length === 0)) return;
  const { id } = guard;
  if (outcome === PASS && settings.mode === "enforce") {
    addDetail(running, passedDetail(id));
    return;
  }
  const shadow = settings.mode === "shadow";
  const found =
    outcome.notes.length === 0
      ? NO_FINDINGS
      : outcome.notes.flatMap((note) => judgeNote(running, id, note, settings.level, shadow));
  const repairs = outcome.document !== undefined && settings.level === "block";
  if (!shadow) {
    for (const hint of outcome.advice ?? []) running.advice.add(hint);
    running.pinnedHosts.push(...(outcome.pinnedHosts ?? []));
    running.referenceId = outcome.referenceId ?? running.referenceId;
    if (repairs) repair(running, id, outcome.document, found);
  }
  running.findings.push(...found.filter((one) => one.verdict !== "ALLOW"));
  addDetail(running, detailOf(id, found, { repaired: repairs && !shadow && running.repaired, shadow }));
  if (!shadow) tell(running, id, found);
  // A shadow guard keeps its own books: what it would have refused is not in them.
  const refuses = outcome.notes.some(({ verdict }) => verdict === "BLOCK" || verdict === "THROTTLE");
  const isRemembered = outcome.commit !== undefined || outcome.usedCapability !== undefined;
  if (isRemembered && !(shadow && refuses)) running.commits.push({ guard, outcome });
}

const passed = new Map<string, GuardDetail>();

/** The line of a guard that has nothing to say is always the same. */
function passedDetail(id: GuardId): GuardDetail {
  let detail = passed.get(id);
  if (detail === undefined) {
    detail = Object.freeze(detailOf(id, [], {}));
    passed.set(id, detail);
  }
  return detail;
}

/** One line per guard: what it says last stands in the place of what it said before. */
function addDetail(running: Running, detail: GuardDetail): void {
  const known = running.details.findIndex(({ guardId }) => guardId === detail.guardId);
  if (known >= 0) running.details[known] = detail;
  else running.details.push(detail);
}

/** A guard that fails inside refuses with its own reason: it takes neither the call through nor the daemon down. */
function askGuard(running: Running, guard: Guard, settings: unknown): GuardOutcome | undefined {
  const { run, document } = running;
  try {
    return run.ask(guard, settings, run.stateOf(guard), document);
  } catch (error) {
    running.failures.push({ guardId: guard.id, error });
    return {
      notes: [{ verdict: "BLOCK", reason: "GUARD_FAILED", text: `guard ${guard.id} failed` }],
    };
  }
}

function judgeNote(
  running: Running,
  id: GuardId,
  note: GuardNote,
  level: "off" | "warn" | "block",
  shadow: boolean,
): Finding[] {
  // A check that fails says nothing of what it should have found: it refuses where its finding would only warn, too.
  const verdict = note.reason === "GUARD_FAILED" ? note.verdict : verdictAt(level, note.verdict);
  const finding = findingOf(id, note, verdict, shadow);
  if (verdict !== "REPAIR" || shadow || running.run.acceptsRepair) return [finding];
  const refusal: GuardNote = {
    verdict: "BLOCK",
    reason: "REPAIR_NOT_ACCEPTED",
    text: `${id} would repair this, and the request does not accept repairs`,
  };
  return [findingOf(id, refusal, "BLOCK", false), finding];
}

/** Later guards see what would run; the caller gets it only when it said that it runs it. */
function repair(
  running: Running,
  id: string,
  document: JsonDocument | undefined,
  found: readonly Finding[],
): void {
  if (found.some((one) => one.verdict === "BLOCK" && one.reason !== "REPAIR_NOT_ACCEPTED")) return;
  running.document = document;
  running.repaired = running.run.acceptsRepair;
  if (running.run.acceptsRepair) running.repairedAt = id;
}

function tell(running: Running, place: string, findings: readonly Finding[]): void {
  for (const { verdict, message } of findings) {
    if (verdict === "ALLOW") continue;
    running.reasons.push(message);
    if (verdict === "BLOCK") running.blockedAt ??= place;
  }
}

function resultOf(running: Running): ChainResult {
  const refused = running.findings.some(
    (one) => one.shadow !== true && rankOf(one.verdict) >= rankOf("THROTTLE"),
  );
  return {
    findings: running.findings,
    details: running.details,
    stoppedAt: running.blockedAt ?? running.repairedAt,
    reason: running.reasons.length === 0 ? undefined : running.reasons.join("; "),
    document: running.document,
    repaired: running.repaired && !refused,
    refused,
    commits: running.commits,
    advice: [...running.advice],
    pinnedHosts: running.pinnedHosts,
    referenceId: running.referenceId,
    failures: running.failures,
  };
}
