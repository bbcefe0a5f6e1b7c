import { flushWindows } from "../executions/charge.ts";
import type { World } from "../world.ts";

/** Closes the open generation, with everything in it that is still to be added to windows, and starts to encode it. */
export function beginCut(world: World): void {
  flushWindows(world);
  world.generations.beginCut();
}
