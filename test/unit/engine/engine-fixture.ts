// An engine with a virtual clock, driven without sockets or files: every verb in one line, with defaults.

import {
  createMemoryVolume,
  type MemoryVolume,
  openMemoryStore,
} from "../../../src/adapters/memory/cut-store.ts";
import type { Decision, Finding, Violation } from "../../../src/domain/decision.ts";
import type { ExecutionEvent } from "../../../src/domain/event.ts";
import type { Carve, CarveMode, RequestedPrincipal } from "../../../src/domain/execution.ts";
import type { CallerId, ExecutionId } from "../../../src/domain/ids.ts";
import type { Ask, Detail, Intent } from "../../../src/domain/intent.ts";
import {
  type EffectiveLimit,
  LIMITS,
  type LimitKey,
  type LimitOverrides,
} from "../../../src/domain/limits.ts";
import type { PolicySettings } from "../../../src/domain/policy/section-fields.ts";
import { createNow, type Now } from "../../../src/domain/time.ts";
import { NO_USAGE, type Usage } from "../../../src/domain/usage.ts";
import { createWorld } from "../../../src/engine/create-world.ts";
import { flushWindows } from "../../../src/engine/executions/charge.ts";
import { completeExecution } from "../../../src/engine/executions/complete.ts";
import { type RegistrationAnswer, registerExecution } from "../../../src/engine/executions/register.ts";
import { usageSnapshot } from "../../../src/engine/executions/snapshot.ts";
import { charge, check } from "../../../src/engine/intents/intents.ts";
import type { LimitPolicy } from "../../../src/engine/limits/effective-limits.ts";
import type { PolicySet } from "../../../src/engine/policy/policy-set.ts";
import type { PriceBook } from "../../../src/engine/prices/price-book.ts";
import type { PlatformRates } from "../../../src/engine/rates/rate-settings.ts";
import { applyBatch, type BatchAnswer } from "../../../src/engine/reports/apply-batch.ts";
import { getReporter } from "../../../src/engine/reports/open-reporter.ts";
import { extend } from "../../../src/engine/reservations/extend.ts";
import { reserve } from "../../../src/engine/reservations/reserve.ts";
import { release, type SettleAnswer, settle } from "../../../src/engine/reservations/resolve.ts";
import { beginCut } from "../../../src/engine/rows/begin-cut.ts";
import { restoreWorld } from "../../../src/engine/rows/restore.ts";
import { runDue } from "../../../src/engine/time/run-due.ts";
import type { World } from "../../../src/engine/world.ts";
import type { CutStore, Loaded } from "../../../src/ports/cut-store.ts";
import { builtInLimits, policySetOf } from "./policy-fixture.ts";

export const CALLER = "socket" as CallerId;
export const USD = 1_000_000_000n;
/** 2026-01-15T12:30:00Z: in the middle of an hour, a day and a month. */
export const START_WALL_MS = Date.UTC(2026, 0, 15, 12, 30);
const START_MONO_MS = 5_000_000;

export type LimitValues = { readonly [K in LimitKey]?: bigint | Partial<EffectiveLimit> };

/** A policy with these limits and no others. */
export function policyOf(values: LimitValues = {}, more: Partial<LimitPolicy> = {}): LimitPolicy {
  const byKey: { [K in LimitKey]?: EffectiveLimit } = {};
  for (const [key, value] of Object.entries(values) as [LimitKey, bigint | Partial<EffectiveLimit>][]) {
    const given = typeof value === "bigint" ? { value } : value;
    byKey[key] = { value: 0n, mode: "enforce", onExceed: LIMITS[key].onExceed, tier: "tenant", ...given };
  }
  return { ...builtInLimits(), byKey, ...more };
}

export interface EngineOptions {
  readonly limits?: LimitPolicy;
  /** In place of `limits`: the documents of all tiers. */
  readonly set?: PolicySet;
  readonly prices?: PriceBook;
  /** In place of what is built in, beside `limits`. */
  readonly settings?: Partial<PolicySettings> | undefined;
  readonly platformRates?: PlatformRates | undefined;
  readonly maxLiveExecutions?: number;
  /** What an earlier engine saved; the engine goes on from there. */
  readonly volume?: MemoryVolume;
  /** What the start finds missing or damaged. */
  readonly loss?: Partial<Pick<Loaded, "hole" | "damaged" | "unproved" | "rows">>;
  readonly refusesUncertain?: boolean;
  readonly bootId?: string;
  readonly monoMs?: number;
  readonly wallMs?: number;
}

export type IntentFields = Partial<Intent>;

export function intentOf(fields: IntentFields): Intent {
  return { entersDepth: false, custom: {}, weight: 0n, toolCalls: 0n, modifications: 0n, ...fields };
}

/** An intent to take one step. */
export const STEP: IntentFields = { step: {} };

export type AskFields = Partial<Omit<Ask, "executionId" | "intent" | "fingerprint" | "intentText">>;

/** What every request carries beside its intent. */
export const NO_CIRCUMSTANCES = { allowChanges: false, acceptsRepair: false, labels: {}, scopes: [] };

export function askOf(executionId: string, intent: IntentFields, fields: AskFields = {}): Ask {
  return {
    executionId,
    intent: intentOf(intent),
    detail: "MINIMAL",
    ...NO_CIRCUMSTANCES,
    ...fields,
    fingerprint: () => textOf({ executionId, intent }),
    intentText: () => textOf(intent),
  };
}

export function textOf(value: unknown): string {
  return JSON.stringify(value, (_key, one: unknown) => (typeof one === "bigint" ? `${one}n` : one));
}

export function usageOf(fields: Partial<Usage>): Usage {
  return { ...NO_USAGE, ...fields };
}

export interface RegisterFields {
  readonly parentId?: string;
  readonly principal?: RequestedPrincipal;
  readonly session?: string;
  readonly labels?: { readonly [name: string]: string };
  readonly discovered?: boolean;
  readonly requested?: Partial<LimitOverrides>;
  readonly carve?: Carve;
  readonly carveMode?: CarveMode;
}

export interface ReportFields {
  readonly reporter?: string;
  readonly first?: number;
  readonly wantDecision?: boolean;
  readonly provider?: string;
  readonly model?: string;
  readonly principal?: RequestedPrincipal;
}

export class Engine {
  readonly world: World;
  readonly volume: MemoryVolume;
  readonly violations: Violation[] = [];
  readonly bootId: string;
  monoMs: number;
  wallMs: number;
  readonly #store: CutStore;
  #decisions = 0;
  #approvals = 0;
  readonly #sequences = new Map<string, number>();

  constructor(options: EngineOptions = {}) {
    this.volume = options.volume ?? createMemoryVolume("unit");
    this.bootId = options.bootId ?? "boot";
    this.monoMs = options.monoMs ?? START_MONO_MS;
    this.wallMs = options.wallMs ?? START_WALL_MS;
    this.world = createWorld({
      ids: { decisionId: () => `d${++this.#decisions}`, approvalId: () => `a${++this.#approvals}` },
      digest: { digest128: (text) => text },
      policy: {
        generation: 1,
        etag: "etag",
        set: options.set ?? policySetOf(options.limits ?? builtInLimits(), options.settings),
        prices: options.prices,
        platformRates: options.platformRates,
      },
      maxLiveExecutions: options.maxLiveExecutions ?? 100,
      refusesUncertain: options.refusesUncertain === true,
    });
    const { store, loaded } = openMemoryStore(this.volume);
    this.#store = store;
    restoreWorld(this.world, { ...loaded, ...options.loss }, this.bootId, this.now);
  }

  /** The windows with everything in them that was charged. */
  get windows(): World["windows"] {
    flushWindows(this.world);
    return this.world.windows;
  }

  /** Writes everything that changed. */
  async save(): Promise<void> {
    const { generations, reporters } = this.world;
    if (!generations.dirty) return;
    beginCut(this.world);
    while (!generations.encode(10));
    const { buffer } = generations;
    const number = (this.volume.lastCut?.number ?? 0) + 1;
    const { length: byteLength, rowCount } = buffer;
    const { bootId, monoMs, wallMs } = this;
    const receipt = await this.#store.write({
      number,
      records: buffer.take(),
      byteLength,
      rowCount,
      bootId,
      monoMs,
      wallMs,
    });
    generations.cutDurable(receipt.records);
    reporters.cutDurable();
  }

  /** Dies and starts again from what was saved, `awayMs` later, on the same boot or on one whose clock starts at `monoMs`. */
  restarted(awayMs: number, options: EngineOptions = {}): Engine {
    this.volume.isOpen = false;
    const clock = { monoMs: this.monoMs + awayMs, wallMs: this.wallMs + awayMs, bootId: this.bootId };
    return new Engine({
      ...clock,
      ...(options.limits === undefined ? { set: this.world.policy.set } : {}),
      platformRates: this.world.policy.platformRates,
      ...options,
      volume: this.volume,
    });
  }

  get now(): Now {
    return createNow(this.monoMs, this.wallMs);
  }

  /** Lets time pass; nothing that is due is done. */
  pass(ms: number): void {
    this.monoMs += ms;
    this.wallMs += ms;
  }

  /** Does what is due. */
  settleDue(): void {
    while (runDue(this.world, this.now, 100) > 0);
    this.drain();
  }

  advance(ms: number): void {
    this.pass(ms);
    this.settleDue();
  }

  register(id: string, fields: RegisterFields = {}): RegistrationAnswer {
    const { requested, ...others } = fields;
    const overrides: LimitOverrides = { values: {}, custom: {}, ...requested };
    const request = {
      executionId: id as ExecutionId,
      principal: undefined,
      labels: {},
      discovered: false,
      ...others,
      requested: overrides,
    };
    return registerExecution(
      this.world,
      CALLER,
      request as Parameters<typeof registerExecution>[2],
      this.now,
    );
  }

  index(id: string): number {
    return this.world.executions.find(CALLER, id);
  }

  check(id: string, intent: IntentFields = {}, fields: AskFields = {}): Decision {
    return check(this.world, CALLER, askOf(id, intent, fields), this.now);
  }

  charge(id: string, intent: IntentFields, fields: AskFields = {}): Decision {
    return charge(this.world, CALLER, askOf(id, intent, fields), this.now);
  }

  reserve(
    id: string,
    reservationId: string,
    intent: IntentFields,
    fields: { readonly ttlMs?: number; readonly timeoutMs?: number; readonly detail?: Detail } = {},
  ): Decision {
    const request = { ...askOf(id, intent), reservationId, ttlMs: 60_000, ...fields };
    return reserve(this.world, CALLER, request, this.now);
  }

  settle(id: string, reservationId: string, actual: Partial<Usage>): SettleAnswer {
    const fingerprint = (): string => textOf(actual);
    const request = {
      executionId: id,
      reservationId,
      actual: usageOf(actual),
      provider: undefined,
      model: undefined,
      fingerprint,
    };
    return settle(this.world, CALLER, request, this.now);
  }

  release(id: string, reservationId: string): string {
    return release(this.world, CALLER, id, reservationId, this.now);
  }

  /** What the hold has left afterwards, ms. */
  extend(id: string, reservationId: string, ttlMs: number, requestId?: string): number {
    const fingerprint = (): string => textOf({ reservationId, ttlMs });
    const request = { executionId: id, reservationId, ttlMs, requestId, fingerprint };
    return extend(this.world, CALLER, request, this.now).expiresAtMs - this.wallMs;
  }

  complete(id: string): void {
    completeExecution(this.world, this.index(id), this.now);
  }

  /** Reports in the next sequences of a reporter; every group wants a decision. */
  report(
    id: string,
    usage: Partial<Usage> | readonly Partial<Usage>[],
    fields: ReportFields = {},
  ): BatchAnswer {
    const name = fields.reporter ?? "reporter";
    const all = (Array.isArray(usage) ? usage : [usage]) as readonly Partial<Usage>[];
    const first = fields.first ?? (this.#sequences.get(name) ?? 0) + 1;
    this.#sequences.set(name, Math.max(this.#sequences.get(name) ?? 0, first + all.length - 1));
    const hello = { reporterId: name, epoch: 1n, durableSeen: 0, principal: fields.principal };
    const reporter = getReporter(this.world, CALLER, hello, this.now);
    const { provider, model } = fields;
    const group = {
      executionId: id,
      provider,
      model,
      firstSequence: BigInt(first),
      wantDecision: fields.wantDecision ?? true,
      usage: all.map(usageOf),
    };
    return applyBatch(this.world, reporter, [group], this.now);
  }

  /** The decision after a report. */
  reported(
    id: string,
    usage: Partial<Usage> | readonly Partial<Usage>[],
    fields: ReportFields = {},
  ): Decision {
    return this.report(id, usage, fields).decisions[0]?.decision as Decision;
  }

  snapshot(id: string): ReturnType<typeof usageSnapshot> {
    return usageSnapshot(this.world, this.index(id), this.now);
  }

  events(id: string): readonly ExecutionEvent[] {
    return this.world.executions.record(this.index(id)).events;
  }

  eventTypes(id: string): readonly string[] {
    return this.events(id).map((event) => event.type);
  }

  /** Takes the effects of the turns so far; violations are kept. */
  drain(): void {
    for (const effect of this.world.effects.splice(0))
      if (effect.type === "violation") this.violations.push(effect.violation);
  }
}

export function reasonsOf(decision: Decision): readonly string[] {
  return decision.findings.map((finding) => finding.reason);
}

export function messagesOf(decision: Decision): readonly string[] {
  return decision.findings.map((finding) => finding.message);
}

export function firstOf(decision: Decision): Finding {
  const [finding] = decision.findings;
  if (finding === undefined) throw new Error("the decision has no finding");
  return finding;
}
