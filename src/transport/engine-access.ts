import type { Now } from "../domain/time.ts";
import type { Effect, World } from "../engine/world.ts";

/** What an answer reached: in the file, or only in memory. */
export type Reached = "DURABLE" | "ACCEPTED";

/** The engine with a clock, as the handlers use it; whoever runs it is wired by the daemon. */
export interface EngineAccess {
  readonly world: World;
  now(): Now;
  /** One turn at one instant. Effects are told before it returns; errors of the verb pass through. */
  turn<T>(verb: (world: World, now: Now) => T): T;
  /** Resolves when what has changed is in the file; at once where the caller does not want to wait, or the file fails. */
  settled(wait: Reached): Promise<Reached>;
  onEffect(listener: (effect: Effect) => void): void;
  /** Told the rows of the reporters whose durable floor may have moved. */
  onDurable(listener: (reporters: readonly number[]) => void): void;
}
