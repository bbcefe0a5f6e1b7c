// One seed: a daemon, its clients, its operators, its disk and its clock, and the naive model beside it all. After every
// step the two are compared; after every cut a second world is restored from the store and must be the first one.

import { TollgateError } from "../../src/domain/errors.ts";
import type { EffectiveLimit } from "../../src/domain/limits.ts";
import type { LimitPolicy } from "../../src/engine/limits/effective-limits.ts";
import { REQUEST_MEMORY_MS } from "../../src/engine/requests/request-table.ts";
import { SeededRandom } from "../crash/seeded-random.ts";
import { CALLER, policyOf } from "../unit/engine/engine-fixture.ts";
import { findDifferences } from "./compare.ts";
import type { Fault } from "./faulty-store.ts";
import { findLost } from "./find-lost.ts";
import type { Clock, NewApproval } from "./model/judge-model.ts";
import {
  type Action,
  type Actions,
  type CountedLimit,
  createModel,
  type Model,
  type ModelPrincipal,
  type Rules,
} from "./model/model.ts";
import { passTime, restartModel, runTimers } from "./model/time-model.ts";
import type { ReportingClient } from "./reporting-client.ts";
import { type SimulatedClock, SimulatedDaemon } from "./simulated-daemon.ts";
import { digestWorld } from "./world-digest.ts";

export interface SimulationOptions {
  /** A disk that breaks its word: the simulation must notice. */
  readonly brokenDisk?: Extract<Fault, "loses" | "tears">;
}

interface Snapshot {
  readonly model: Model;
  readonly clock: SimulatedClock;
  readonly digest: string;
  /** When the charges of then are forgotten, by request id. */
  readonly expiries: ReadonlyMap<string, number>;
}

/** A request that can be sent again with the same id. */
export interface SentCharge {
  readonly executionId: string;
  readonly requestId: string;
  readonly amounts: IntentAmounts;
  /** Who was to pay when nobody had registered the execution. */
  readonly principal: ModelPrincipal | undefined;
  expiresMono: number;
}

export interface IntentAmounts {
  readonly steps: 0 | 1;
  readonly isDiscovered: boolean;
  readonly input: number;
  readonly output: number;
  readonly cost: number;
  readonly toolCalls: number;
  readonly requests: number;
}

const START_WALL_MS = Date.UTC(2026, 0, 31, 20);

export class Simulation {
  readonly random: SeededRandom;
  readonly clock: SimulatedClock;
  readonly policy: LimitPolicy;
  readonly daemon: SimulatedDaemon;
  readonly clients: ReportingClient[] = [];
  readonly charges: SentCharge[] = [];
  readonly log: string[] = [];
  model: Model;
  names = 0;
  #boots = 1;
  readonly #snapshots = new Map<number, Snapshot>();
  readonly #options: SimulationOptions;

  constructor(seed: number, options: SimulationOptions = {}) {
    this.#options = options;
    this.random = new SeededRandom(seed);
    this.clock = { monoMs: 1_000_000, wallMs: START_WALL_MS, bootId: "boot-1" };
    const actions = this.#chooseActions();
    const rules = this.#chooseRules();
    this.policy = this.#choosePolicy(actions, rules);
    this.model = createModel(actions, rules);
    this.daemon = new SimulatedDaemon(this.clock, this.policy, rules.slots);
    this.#snapshots.set(0, this.#snapshot());
  }

  chance(probability: number): boolean {
    return this.random.next() < probability;
  }

  below(limit: number): number {
    return this.random.below(limit);
  }

  pick<T>(from: readonly T[]): T {
    return from[this.below(from.length)] as T;
  }

  note(text: string): void {
    this.log.push(`${this.clock.monoMs} ${text}`);
  }

  get now(): Clock {
    return { monoMs: this.clock.monoMs, wallMs: this.clock.wallMs };
  }

  get index(): (id: string) => number {
    return (id) => this.daemon.world.executions.find(CALLER, id);
  }

  /** The engine's id of an approval that the model opens too. */
  get opened(): NewApproval {
    return (executionId, cause) => {
      const isNew = (id: string): boolean => !this.model.approvals.has(id);
      const entry = this.daemon.world.approvals.entries.find(
        (one) =>
          one?.state === "open" &&
          one.executionId === executionId &&
          one.cause === cause &&
          isNew(one.approvalId),
      );
      return entry?.approvalId ?? `closed-${++this.names}`;
    };
  }

  /** What the engine answers, or the reason of its error. */
  attempt<T>(
    verb: () => T,
  ):
    | { readonly value: T; readonly error: undefined }
    | { readonly value: undefined; readonly error: string } {
    try {
      return { value: verb(), error: undefined };
    } catch (thrown) {
      if (!(thrown instanceof TollgateError)) throw thrown;
      return { value: undefined, error: thrown.reason };
    }
  }

  expect(what: string, engine: unknown, model: unknown): void {
    if (engine !== model)
      throw new Error(`${what}: the engine says ${String(engine)}, the model ${String(model)}`);
  }

  /** Time goes on; what is due is done. */
  advance(ms: number): void {
    this.clock.monoMs += ms;
    this.clock.wallMs += ms;
    passTime(this.model, ms);
    this.settle();
  }

  settle(): void {
    this.daemon.runDue();
    runTimers(this.model, this.now);
    this.daemon.world.effects.length = 0;
  }

  compare(): void {
    const differences = findDifferences(this.daemon.world, this.model);
    if (differences.length > 0) throw new Error(differences.slice(0, 10).join("\n"));
  }

  /** Turns the crank by one notch. */
  async crank(fault: Fault): Promise<void> {
    const { daemon } = this;
    if (daemon.phase === "none") {
      if (!daemon.isDirty) return;
      const snapshot = this.#snapshot();
      daemon.beginCut();
      this.#snapshots.set(daemon.cut, snapshot);
      this.note(`cut ${daemon.cut} begins`);
    } else if (daemon.phase === "encoding") daemon.encode(1 + this.below(6));
    else if (daemon.phase === "encoded") {
      await daemon.write(
        this.#options.brokenDisk !== undefined && this.chance(0.5) ? this.#options.brokenDisk : fault,
      );
      this.#checkImage();
    } else this.#acknowledge();
  }

  #acknowledge(): void {
    const isDurable = this.daemon.acknowledge();
    this.note(`cut ${this.daemon.cut} ${isDurable ? "is acknowledged" : "failed"}`);
    if (!isDurable) return;
    for (const client of this.clients) client.learnDurable();
    for (const number of this.#snapshots.keys())
      if (number < this.daemon.cut - 1) this.#snapshots.delete(number);
  }

  /** P1: what the store holds now, taken up again at the instant of its last cut, is the world of that instant. */
  #checkImage(): void {
    const number = this.daemon.volume.lastCut?.number ?? 0;
    const snapshot = this.#snapshots.get(number);
    if (snapshot === undefined)
      throw new Error(`the store holds cut ${number}, which is older than an acknowledged one`);
    const restored = this.daemon.peek(snapshot.clock);
    const digest = digestWorld(restored, snapshot.clock.monoMs);
    if (digest !== snapshot.digest)
      throw new Error(
        `cut ${number} is not the world it was made of\n${firstDifference(snapshot.digest, digest)}`,
      );
    const gap = this.daemon.findAppendGap();
    if (gap !== undefined) throw new Error(`appended rows have a gap after cut ${number}: ${gap}`);
  }

  /** The process dies now and is started again after a while, on the same boot or on another one. */
  restart(awayMs: number, isSameBoot: boolean): void {
    const { daemon } = this;
    this.note(`kill while ${daemon.phase}, ${awayMs} ms away, ${isSameBoot ? "same" : "new"} boot`);
    daemon.kill();
    for (const client of this.clients) client.stream = undefined;
    this.clock.wallMs += awayMs;
    if (isSameBoot) this.clock.monoMs += awayMs;
    else {
      this.clock.monoMs = 20_000 + this.below(60_000);
      this.clock.bootId = `boot-${++this.#boots}`;
    }
    const number = daemon.volume.lastCut?.number ?? 0;
    const snapshot = this.#snapshots.get(number);
    const acknowledged = this.#snapshots.get(daemon.acknowledged);
    if (snapshot === undefined || acknowledged === undefined)
      throw new Error(
        `the file ends at cut ${number}, older than an acknowledged one, ${daemon.acknowledged}`,
      );
    daemon.restart();
    // The cut may be of an earlier boot than the one that died.
    const isSame = snapshot.clock.bootId === this.clock.bootId;
    const moved = isSame
      ? 0
      : this.clock.monoMs - Math.max(0, this.clock.wallMs - snapshot.clock.wallMs) - snapshot.clock.monoMs;
    for (const charge of this.charges) {
      // What the file does not know was never remembered: it may be sent again as long as any other.
      const expiresMono = snapshot.expiries.get(charge.requestId);
      charge.expiresMono =
        expiresMono === undefined ? this.clock.monoMs + REQUEST_MEMORY_MS : expiresMono + moved;
    }
    const isRemembered = (id: string): boolean =>
      this.charges.some((one) => one.requestId === id && one.expiresMono > this.clock.monoMs);
    const lost = findLost(daemon.world, daemon.volume, acknowledged.model, isRemembered);
    if (lost.length > 0) throw new Error(`acknowledged and lost: ${lost.join("; ")}`);
    this.model = structuredClone(snapshot.model);
    if (number > 0) restartModel(this.model, snapshot.clock, isSame, this.now);
    this.#snapshots.clear();
    this.#snapshots.set(number, { ...snapshot, model: structuredClone(snapshot.model) });
    if (daemon.acknowledged !== number) this.#snapshots.set(daemon.acknowledged, acknowledged);
    this.settle();
  }

  #snapshot(): Snapshot {
    const clock = { ...this.clock };
    return {
      model: structuredClone(this.model),
      clock,
      digest: digestWorld(this.daemon.world, clock.monoMs),
      expiries: new Map(this.charges.map(({ requestId, expiresMono }) => [requestId, expiresMono])),
    };
  }

  #chooseActions(): Actions {
    const haltOrBlock = (): Action => this.pick(["halt", "block"]);
    return {
      max_steps: haltOrBlock(),
      max_tokens: haltOrBlock(),
      max_cost_usd: haltOrBlock(),
      cost_alert_threshold_usd: "pause",
      max_discovered_steps: haltOrBlock(),
      max_requests: "block",
      max_tool_calls: this.pick(["halt", "block", "pause"]),
    };
  }

  #chooseRules(): Rules {
    const unregistered = this.pick(["block", "allow", "register"] as const);
    // Both levels tight in some seeds, neither in others.
    const places = {
      ...(this.chance(0.4) ? { tenant: 2 + this.below(8) } : {}),
      ...(this.chance(0.4) ? { user: 1 + this.below(5) } : {}),
    };
    return { unregistered, places, ...(this.chance(0.5) ? { slots: 1 + this.below(4) } : {}) };
  }

  #choosePolicy(actions: Actions, { unregistered, places }: Rules): LimitPolicy {
    // Tight limits, so that carves matter, in every other seed.
    const scale = this.pick([0.35, 1]);
    const limit = (key: CountedLimit, least: number, span: number): { value: bigint; onExceed: Action } => ({
      value: BigInt(Math.ceil((least + this.below(span)) * scale)),
      onExceed: actions[key],
    });
    const values = {
      max_steps: limit("max_steps", 10, 40),
      max_tokens: limit("max_tokens", 1_000, 4_000),
      max_cost_usd: limit("max_cost_usd", 3_000, 5_000),
      cost_alert_threshold_usd: limit("cost_alert_threshold_usd", 500, 3_000),
      max_discovered_steps: limit("max_discovered_steps", 3, 10),
      max_requests: limit("max_requests", 10, 40),
      max_tool_calls: limit("max_tool_calls", 8, 30),
    };
    const concurrency: { [level: string]: EffectiveLimit } = {};
    for (const [level, most] of Object.entries(places))
      concurrency[level] = { value: BigInt(most), mode: "enforce", onExceed: "block", tier: "tenant" };
    return policyOf(values, { unregistered, concurrency });
  }
}

/** Lines that only one of two digests has, shortened. */
function firstDifference(wanted: string, got: string): string {
  const left = new Set(wanted.split("\n"));
  const right = new Set(got.split("\n"));
  const lines = [...left].filter((line) => !right.has(line)).map((line) => `- ${line}`);
  lines.push(...[...right].filter((line) => !left.has(line)).map((line) => `+ ${line}`));
  return lines
    .slice(0, 6)
    .map((line) => line.slice(0, 1_500))
    .join("\n");
}
