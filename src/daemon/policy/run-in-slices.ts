import type { Slices } from "../../config/policy/slices.ts";
import type { Steps } from "../../engine/steps.ts";

/** Does work of the engine piece by piece, and lets others have their turn in between. */
export async function runInSlices<T>(steps: Steps<T>, slices: Slices): Promise<T> {
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
    const turn = slices.next();
    if (turn !== undefined) await turn;
  }
}
