import { EXECUTION_STATES } from "../domain/execution.ts";
import { FLAG } from "../engine/executions/execution-table.ts";
import type { World } from "../engine/world.ts";
import type { EngineHost } from "./engine-host.ts";

// Numbers that nobody keeps up to date, counted when they are asked for and old.

/** How old a count may be: walking 100,000 executions takes about a millisecond. */
const MAX_AGE_MS = 5_000;

export interface Census {
  /** Executions by state, in the order of EXECUTION_STATES. */
  readonly executions: readonly number[];
  /** Executions and windows whose counters passed through a loss. */
  readonly uncertain: number;
}

export class CensusTaker {
  readonly #host: EngineHost;
  #census: Census = { executions: [], uncertain: 0 };
  #takenMonoMs = Number.NEGATIVE_INFINITY;

  constructor(host: EngineHost) {
    this.#host = host;
  }

  /** At most five seconds old. */
  take(): Census {
    const { monoMs } = this.#host.now();
    if (monoMs - this.#takenMonoMs >= MAX_AGE_MS) {
      this.#census = count(this.#host.world);
      this.#takenMonoMs = monoMs;
    }
    return this.#census;
  }
}

function count({ executions, windows }: World): Census {
  const byState = EXECUTION_STATES.map(() => 0);
  let uncertain = 0;
  for (const index of executions.indexes()) {
    (byState[executions.state.get(index)] as number) += 1;
    if ((executions.flags.get(index) & FLAG.uncertain) !== 0) uncertain += 1;
  }
  for (const row of windows.rows()) uncertain += windows.uncertain[row] as number;
  return { executions: byState, uncertain };
}
