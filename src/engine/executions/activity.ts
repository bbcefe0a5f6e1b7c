import type { World } from "../world.ts";
import { NO_INDEX } from "./execution-table.ts";

/** Marks an execution and its ancestors as active now. Idle deadlines are lazy: they re-arm themselves when they fire. */
export function touchActivity(world: World, index: number, monoMs: number): void {
  const { lastActivity, parent } = world.executions;
  for (let at = index; at !== NO_INDEX; at = parent.get(at)) {
    world.rows.executions.touch(at);
    if (monoMs > lastActivity.get(at)) lastActivity.set(at, monoMs);
  }
}
