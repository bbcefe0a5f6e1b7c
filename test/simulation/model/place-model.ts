// Places of executions and slots of requests in the naive model: counted from what is there, each time anew.
import { chainOf, childrenOf, type Model, type ModelExecution, type ModelPrincipal } from "./model.ts";

/** How many of something stand on each level of their principals. */
export type Counts = ReadonlyMap<string, number>;

/** RUNNING or PAUSED, and nothing above is HALTED. */
export function placesOf(model: Model): Counts {
  const active = [...model.executions.values()].filter(
    (one) => isLive(one) && chainOf(model, one.id).every(({ state }) => state !== "HALTED"),
  );
  return countLevels(active);
}

/** Holds for requests, whatever their weight. */
export function slotsOf(model: Model): Counts {
  const holders: ModelPrincipal[] = [];
  for (const execution of model.executions.values())
    for (const hold of execution.holds.values())
      if (hold.state === "held" && hold.amounts.requests > 0) holders.push(execution);
  return countLevels(holders);
}

/** Whether all of them find a place beside those that are active. */
export function placesFit(model: Model, more: readonly ModelPrincipal[]): boolean {
  const active = placesOf(model);
  const { tenant = Number.POSITIVE_INFINITY, user = Number.POSITIVE_INFINITY } = model.rules.places;
  for (const [level, count] of countLevels(more)) {
    const limit = level.startsWith("tenant") ? tenant : level.startsWith("user") ? user : undefined;
    if (limit !== undefined && (active.get(level) ?? 0) + count > limit) return false;
  }
  return true;
}

/** What takes a place when a halted execution goes on: itself and what is live below, unless something above is halted. */
export function resumedWith(model: Model, execution: ModelExecution): readonly ModelExecution[] {
  if (chainOf(model, execution.id).some((one) => one !== execution && one.state === "HALTED")) return [];
  const found = [execution];
  for (const at of found) found.push(...childrenOf(model, at.id).filter(isLive));
  return found;
}

export function hasSlot(model: Model, { tenant }: ModelPrincipal): boolean {
  const { slots = Number.POSITIVE_INFINITY } = model.rules;
  return (slotsOf(model).get(levelOf("tenant", tenant, tenant)) ?? 0) < slots;
}

function isLive({ state }: ModelExecution): boolean {
  return state === "RUNNING" || state === "PAUSED";
}

function countLevels(principals: readonly ModelPrincipal[]): Counts {
  const counts = new Map<string, number>();
  for (const { tenant, user } of principals) {
    const levels = ["global", levelOf("tenant", tenant, tenant)];
    if (user !== undefined) levels.push(levelOf("user", tenant, user));
    for (const level of levels) counts.set(level, (counts.get(level) ?? 0) + 1);
  }
  return counts;
}

function levelOf(level: string, tenant: string, name: string): string {
  return `${level}\n${tenant}\n${name}`;
}
