import type { Now } from "../domain/time.ts";
import type { Effect, World } from "../engine/world.ts";
import type { Clock } from "../ports/clock.ts";

// The engine with a clock: one turn after the other, and what came of each handed to whoever listens. Knows nothing of
// sockets or files.

/** What an answer reached: in the file, or only in memory. */
export type Reached = "DURABLE" | "ACCEPTED";

/** Says when everything that changed up to now is in the file. */
export interface Durability {
  /** Resolves DURABLE when it is; ACCEPTED at once while the file fails. */
  reached(): Promise<Reached>;
  /** Something changed: a cut is due. */
  wake(): void;
}

export type EffectListener = (effect: Effect) => void;
/** Rows of the reporters whose durable floor may have moved. */
export type DurableListener = (reporters: readonly number[]) => void;

export class EngineHost {
  readonly world: World;
  readonly #clock: Clock;
  readonly #effects: EffectListener[] = [];
  readonly #durable: DurableListener[] = [];
  readonly #turns: (() => void)[] = [];
  #durability: Durability | undefined;

  constructor(world: World, clock: Clock) {
    this.world = world;
    this.#clock = clock;
  }

  now(): Now {
    return this.#clock.now();
  }

  /** One turn of the engine at one instant. Effects are told before it returns; errors of the verb pass through. */
  turn<T>(verb: (world: World, now: Now) => T): T {
    try {
      return verb(this.world, this.#clock.now());
    } finally {
      this.#tellEffects();
      if (this.world.generations.dirty) this.#durability?.wake();
      for (const listener of this.#turns) listener();
    }
  }

  /** What an answer that changed something may say: waits for the file unless the caller does not want to. */
  settled(wait: Reached): Promise<Reached> {
    if (wait === "ACCEPTED" || this.#durability === undefined) return Promise.resolve("ACCEPTED");
    return this.#durability.reached();
  }

  attach(durability: Durability): void {
    this.#durability = durability;
  }

  onEffect(listener: EffectListener): void {
    this.#effects.push(listener);
  }

  /** Called after every turn: deadlines may have been added. */
  onTurn(listener: () => void): void {
    this.#turns.push(listener);
  }

  onDurable(listener: DurableListener): void {
    this.#durable.push(listener);
  }

  tellDurable(reporters: readonly number[]): void {
    for (const listener of this.#durable) listener(reporters);
  }

  #tellEffects(): void {
    const { effects } = this.world;
    if (effects.length === 0) return;
    const told = effects.splice(0);
    for (const effect of told) for (const listener of this.#effects) listener(effect);
  }
}
