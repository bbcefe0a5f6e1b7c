import type { Finding } from "../../domain/decision.ts";
import type { EventType } from "../../domain/event.ts";
import { STATE } from "../../domain/execution.ts";
import type { Now } from "../../domain/time.ts";
import { Queue } from "../queue.ts";
import type { World } from "../world.ts";
import { pushEvent } from "./push.ts";

// What happened to an execution is told to the watchers of its whole subtree. The turn that decided only writes one flag;
// the walk down is done in slices afterwards.

/** What an event says beside its message. */
export interface EventFacts {
  readonly finding?: Finding;
  readonly approvalId?: string;
}

interface Walk {
  readonly type: EventType;
  readonly message: string;
  readonly facts: EventFacts;
  readonly pending: number[];
  readonly stamps: number[];
}

export class FanOut {
  readonly #walks = new Queue<Walk>();

  get pending(): boolean {
    return this.#walks.length > 0;
  }

  /** Tells every live descendant of `index`. */
  start(world: World, index: number, type: EventType, message: string, facts: EventFacts): void {
    const pending = [...world.executions.children(index)];
    if (pending.length === 0) return;
    const stamps = pending.map((at) => world.executions.stamp.get(at));
    this.#walks.push({ type, message, facts, pending, stamps });
  }

  /** Tells at most `maxExecutions`; answers how many were told. */
  run(world: World, now: Now, maxExecutions: number): number {
    let told = 0;
    while (told < maxExecutions) {
      const walk = this.#walks.first;
      if (walk === undefined) break;
      const index = walk.pending.pop();
      const stamp = walk.stamps.pop();
      if (index === undefined) {
        this.#walks.shift();
        continue;
      }
      if (world.executions.stamp.get(index) !== stamp || !world.executions.has(index)) continue;
      for (const child of world.executions.children(index)) {
        walk.pending.push(child);
        walk.stamps.push(world.executions.stamp.get(child));
      }
      told++;
      if (world.executions.state.get(index) === STATE.completed) continue;
      pushEvent(world, index, walk.type, walk.message, now, walk.facts);
    }
    return told;
  }
}
