import type { Amount } from "../../domain/amounts.ts";
import type { Evidence, ResolvedHost } from "../../domain/decision.ts";
import type { Principal } from "../../domain/execution.ts";
import type { GuardId } from "../../domain/policy/guard-ids.ts";
import type { SideEffect, ToolEntry } from "../../domain/policy/tool-entry.ts";
import type { ReasonCode } from "../../domain/reasons.ts";
import type { Now } from "../../domain/time.ts";
import type { JsonDocument } from "../json/json-document.ts";

// What every guard is: up to two plain functions, one before a call and one after it. They change nothing: what they want
// to remember comes back as `commit` and is carried out by the chain, when the whole chain and everything after it allows.
// They judge as at level `block` in mode `enforce`; what the levels `off` and `warn`, shadow mode and `accepts_repair` make
// of it is the business of chain.ts alone.

/** The call as every guard sees it, before it and after it. */
export interface ToolCall {
  readonly callId: string;
  /** Digest that stands for execution and call id where a session remembers calls. */
  readonly key: string;
  readonly tool: string;
  readonly namespace: string | undefined;
  /** Absent: none is named; then the session is one turn and one plan. */
  readonly turnId: string | undefined;
  readonly planId: string | undefined;
  /** Keys of the calls whose outputs this one needs. */
  readonly parentKeys: readonly string[];
  /** The request's; the argument `_idempotency_key` is the guard's business. */
  readonly idempotencyKey: string | undefined;
  /** What the tool catalogue says of the tool. */
  readonly entry: ToolEntry | undefined;
  /** By the catalogue, else by policy, else by words of the name. */
  readonly sideEffect: SideEffect;
}

/** Claims of a capability token whose signature, audience and times were verified already. */
export interface CapabilityClaims {
  readonly subject: string | undefined;
  readonly tenant: string | undefined;
  readonly execution: string | undefined;
  /** Globs. */
  readonly tools: readonly string[];
  readonly classes: readonly string[];
  readonly id: string | undefined;
  /** Wall clock, ms. */
  readonly expiresAtMs: number;
}

/** A token that came along: its claims, or in a few words why it does not count. */
export type Capability = { readonly claims: CapabilityClaims } | { readonly refused: string };

/** Slots in use, those of this tenant only. */
export interface SlotCounts {
  readonly global: number;
  readonly tool: number;
  readonly namespace: number;
  readonly session: number;
}

/** What a guard may know beside the call, all of it fetched before the chain runs. */
export interface GuardFacts {
  readonly executionId: string;
  readonly tenant: string;
  readonly session: string;
  readonly principal: Principal;
  readonly labels: { readonly [name: string]: string };
  /** Addresses by name, as resolved for this call; undefined when nothing was. A name that gave no answer has none. */
  readonly addresses: ReadonlyMap<string, readonly string[]> | undefined;
  /** The token of the request's field or of the argument `_capability_token`; undefined when there is none. */
  readonly capability: Capability | undefined;
  readonly slots: SlotCounts;
  /** Keyed hash of a text with the key of this installation, lower-case hexadecimal: the only trace of a secret. */
  readonly keyedHash: (text: string) => string;
}

export interface BeforeInput<Settings, State> {
  readonly call: ToolCall;
  /** As the guards before this one left them. */
  readonly arguments: JsonDocument;
  /** Identity of the call over its present arguments without volatile fields: hexadecimal, made when first read. */
  readonly signature: string;
  readonly settings: Settings;
  /** The guard's slice of the session; read only. */
  readonly state: State;
  readonly facts: GuardFacts;
  readonly now: Now;
}

export interface AfterInput<Settings, State> {
  readonly call: ToolCall;
  /** As they were allowed; undefined after a restart, since arguments are never written to the file. */
  readonly arguments: JsonDocument | undefined;
  readonly signature: string;
  /** Keyed hash of the arguments. */
  readonly argumentsHash: string;
  /** As the guards before this one left it; undefined when the call gave none. */
  readonly output: JsonDocument | undefined;
  /** Class of the error, e.g. `validation`; undefined when the call succeeded. */
  readonly errorClass: string | undefined;
  /** As told by the client, ms; else the time since the call was allowed. */
  readonly durationMs: number;
  readonly settings: Settings;
  readonly state: State;
  readonly facts: GuardFacts;
  readonly now: Now;
}

export type GuardEvidence = Evidence;
export type PinnedHost = ResolvedHost;

/** One thing that a guard has to say. `ALLOW` is a note for `guard_details` only. */
export interface GuardNote {
  readonly verdict: "ALLOW" | "WARN" | "REPAIR" | "THROTTLE" | "BLOCK";
  readonly reason: ReasonCode;
  /** For people; holds names and numbers, never a value of the arguments or the output. */
  readonly text: string;
  /** The key that would change it, e.g. `max_fan_out`. Absent: the guard as a whole. */
  readonly setting?: string | undefined;
  readonly current?: Amount | undefined;
  readonly limit?: Amount | undefined;
  readonly retryAfterMs?: number | undefined;
  readonly violationType?: "network_violation" | undefined;
  readonly fatal?: boolean | undefined;
  readonly evidence?: readonly GuardEvidence[] | undefined;
}

export interface GuardOutcome<State = unknown> {
  /** Empty: nothing to say, ALLOW. */
  readonly notes: readonly GuardNote[];
  /** The arguments or the output to go on with. With it goes at least one note, of verdict REPAIR. */
  readonly document?: JsonDocument | undefined;
  /** What the session remembers of this call, carried out when it is allowed; after a call, always. */
  commit?(state: State): void;
  /** Hints for a cooperating agent, e.g. `reduce_parallelism`. */
  readonly advice?: readonly string[] | undefined;
  readonly pinnedHosts?: readonly PinnedHost[] | undefined;
  /** The token that this call needs: with a `jti` it is spent when the call is allowed. Only the side-effect guard has it. */
  readonly usedCapability?: CapabilityClaims | undefined;
  /** Reference of the output, when it is passed on. Only the provenance guard has it. */
  readonly referenceId?: string | undefined;
}

/** Nothing to say. */
export const PASS: GuardOutcome = Object.freeze({ notes: Object.freeze([]) });

/**
 * A guard. `Settings`: effective values of the page's keys in snake case, `level` and `mode` included. `State`: its slice of
 * a session, plain JSON data that `createState` makes empty; it is written to the file as it is, so nothing secret may stand
 * in it, and each guard bounds its own (oldest entries go first).
 * A guard that throws blocks with GUARD_FAILED.
 */
export interface Guard<Settings = unknown, State = unknown> {
  readonly id: GuardId;
  createState?(): State;
  before?(input: BeforeInput<Settings, State>): GuardOutcome<State>;
  after?(input: AfterInput<Settings, State>): GuardOutcome<State>;
  /**
   * Names that must be resolved before the guard can judge this call, at most 8; asked in a first pass that changes
   * nothing. Only the network guard has it.
   */
  namesToResolve?(input: BeforeInput<Settings, State>): readonly string[];
  /** Moves the monotonic instants in a slice that was loaded from the file to this boot's clock. */
  shiftClock?(state: State, byMs: number): void;
  /** Forgets the older half of what the slice remembers, when the session grows above its bound. */
  trim?(state: State): void;
}
