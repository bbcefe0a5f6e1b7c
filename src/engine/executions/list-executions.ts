import type { ExecutionState } from "../../domain/execution.ts";
import type { World } from "../world.ts";
import { type ExecutionRecord, keyOf } from "./execution-record.ts";
import { stateOf } from "./snapshot.ts";

/** Which executions a list wants; an absent field wants any. */
export interface ExecutionFilter {
  readonly caller?: string | undefined;
  readonly tenant?: string | undefined;
  readonly team?: string | undefined;
  readonly user?: string | undefined;
  readonly agent?: string | undefined;
  readonly session?: string | undefined;
  readonly parentId?: string | undefined;
  readonly rootId?: string | undefined;
  readonly id?: string | undefined;
  readonly labels?: { readonly [name: string]: string } | undefined;
  readonly states?: ReadonlySet<ExecutionState> | undefined;
  /** Wall clock, ms: at or after, and before. */
  readonly registeredFromMs?: number | undefined;
  readonly registeredBeforeMs?: number | undefined;
}

/** A place in the list: newest first, then by key. */
export interface ListPlace {
  readonly startedWall: number;
  readonly key: string;
}

/** At most `most` indexes after `place`, newest first. Looks at every execution once and keeps only the page. */
export function listExecutions(
  world: World,
  filter: ExecutionFilter,
  place: ListPlace | undefined,
  most: number,
): number[] {
  const table = world.executions;
  const page: number[] = [];
  const isBefore = (one: number, other: number): boolean =>
    comparePlaces(placeOf(world, one), placeOf(world, other)) < 0;
  for (const index of table.indexes()) {
    if (!matches(world, index, table.record(index), filter)) continue;
    if (place !== undefined && comparePlaces(placeOf(world, index), place) <= 0) continue;
    if (page.length === most && !isBefore(index, page[most - 1] as number)) continue;
    let low = 0;
    let high = page.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (isBefore(page[middle] as number, index)) low = middle + 1;
      else high = middle;
    }
    page.splice(low, 0, index);
    if (page.length > most) page.pop();
  }
  return page;
}

export function placeOf(world: World, index: number): ListPlace {
  return {
    startedWall: world.executions.startedWall.get(index),
    key: keyOf(world.executions.record(index)),
  };
}

function comparePlaces(one: ListPlace, other: ListPlace): number {
  if (one.startedWall !== other.startedWall) return other.startedWall - one.startedWall;
  return one.key < other.key ? -1 : one.key > other.key ? 1 : 0;
}

function matches(world: World, index: number, record: ExecutionRecord, filter: ExecutionFilter): boolean {
  const { principal } = record;
  const started = world.executions.startedWall.get(index);
  return (
    isWanted(filter.id, record.id) &&
    isWanted(filter.caller, record.caller) &&
    isWanted(filter.tenant, principal.tenant) &&
    isWanted(filter.team, principal.team) &&
    isWanted(filter.user, principal.user) &&
    isWanted(filter.agent, principal.agent) &&
    isWanted(filter.session, record.session) &&
    isWanted(filter.parentId, record.parentId) &&
    (filter.rootId === undefined || rootIdOf(world, record) === filter.rootId) &&
    (filter.registeredFromMs === undefined || started >= filter.registeredFromMs) &&
    (filter.registeredBeforeMs === undefined || started < filter.registeredBeforeMs) &&
    hasLabels(record.labels, filter.labels) &&
    (filter.states === undefined || filter.states.has(stateOf(world, index)))
  );
}

function isWanted(wanted: string | undefined, value: string | undefined): boolean {
  return wanted === undefined || wanted === value;
}

function rootIdOf(world: World, record: ExecutionRecord): string {
  const { chain } = record;
  return chain.length === 0 ? record.id : world.executions.record(chain[chain.length - 1] as number).id;
}

function hasLabels(labels: { readonly [name: string]: string }, wanted: ExecutionFilter["labels"]): boolean {
  for (const name in wanted) if (labels[name] !== wanted[name]) return false;
  return true;
}
