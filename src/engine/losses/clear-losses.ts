import type { Now } from "../../domain/time.ts";
import { FLAG } from "../executions/execution-table.ts";
import { doubtBegunWindows } from "../quotas/fresh-windows.ts";
import type { World } from "../world.ts";

/** Which marks of a loss are taken off. What is left out does not restrict. */
export interface LossScope {
  readonly tenant?: string | undefined;
  /** One execution alone, and no window. */
  readonly index?: number | undefined;
  readonly by: string;
  readonly note: string | undefined;
}

export interface ClearedLosses {
  readonly executions: number;
  readonly windows: number;
}

/** An operator has looked at what was lost: what is counted now is taken as true. */
export function clearLosses(world: World, scope: LossScope, now: Now): ClearedLosses {
  const cleared = {
    executions: clearExecutions(world, scope),
    windows: scope.index === undefined ? clearWindows(world, scope) : 0,
  };
  const { tenant = "", index, by, note } = scope;
  const subject = index === undefined ? "losses" : world.executions.record(index).id;
  world.generations.append("audit", {
    at_ms: now.wallMs,
    tenant: index === undefined ? tenant : world.executions.record(index).principal.tenant,
    subject,
    kind: "clear_uncertain",
    body: { by, note, ...cleared },
  });
  return cleared;
}

function clearExecutions(world: World, { tenant, index: only }: LossScope): number {
  const { flags } = world.executions;
  let count = 0;
  for (const index of only === undefined ? world.executions.indexes() : [only]) {
    const { principal } = world.executions.record(index);
    if ((flags.get(index) & FLAG.uncertain) === 0 || (tenant ?? principal.tenant) !== principal.tenant)
      continue;
    world.rows.executions.touch(index);
    flags.set(index, flags.get(index) & ~(FLAG.uncertain | FLAG.lost));
    count++;
  }
  return count;
}

function clearWindows(world: World, { tenant }: LossScope): number {
  const { windows, rows } = world;
  if (tenant === undefined && windows.uncertainBeforeMs !== 0) doubtBegunWindows(world, 0);
  let count = 0;
  for (const row of windows.rows()) {
    if (windows.uncertain[row] === 0 || (tenant ?? windows.texts[row]?.tenant) !== windows.texts[row]?.tenant)
      continue;
    rows.windows.touch(row);
    windows.mark(row, 0);
    count++;
  }
  return count;
}
