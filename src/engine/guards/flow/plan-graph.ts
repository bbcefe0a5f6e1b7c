// A plan as a graph: who needs whom. Longest chain, widest fan-out, fan-outs that come together again, cycles; all linear
// in calls and dependencies but for the last, which is bounded.

export interface PlanNode {
  readonly id: string;
  /** Ids of the calls that must come before; unknown ones are roots of their own. */
  readonly dependsOn: readonly string[];
}

export interface PlanShape {
  /** Most calls of which each needs the one before. */
  readonly longestChain: number;
  /** Most calls that need the same one; calls that need nothing all start from the same point. */
  readonly widestFanOut: number;
  /** Fewer of the two widths where a fan-out comes together again; 0 = nowhere. */
  readonly fanOutFanIn: number;
  /** Ids of the calls of one cycle, in order; undefined when there is none. Then nothing else is known. */
  readonly cycle: readonly string[] | undefined;
}

/** Calls with many dependencies that are followed back to a common start. */
const MAX_JOINS = 32;

export function measurePlan(nodes: readonly PlanNode[]): PlanShape {
  const places = new Map(nodes.map((node, place) => [node.id, place]));
  const before = nodes.map((node) => {
    const known = new Set<number>();
    for (const id of node.dependsOn) {
      const place = places.get(id);
      if (place !== undefined) known.add(place);
    }
    return [...known];
  });
  const order = sortByDependency(before);
  if (order.length < nodes.length) {
    const cycle = findCycle(before, new Set(order)).map((place) => (nodes[place] as PlanNode).id);
    return { longestChain: 0, widestFanOut: 0, fanOutFanIn: 0, cycle };
  }
  return {
    longestChain: longestChain(before, order),
    widestFanOut: Math.max(0, ...fanOuts(before)),
    fanOutFanIn: fanOutFanIn(before),
    cycle: undefined,
  };
}

/** Places in an order in which everything comes after what it needs; those in or behind a cycle are missing. */
function sortByDependency(before: readonly (readonly number[])[]): number[] {
  const open = before.map((needed) => needed.length);
  const after = dependents(before);
  const order = open.flatMap((count, place) => (count === 0 ? [place] : []));
  for (let at = 0; at < order.length; at++) {
    for (const place of after[order[at] as number] as number[]) {
      open[place] = (open[place] as number) - 1;
      if (open[place] === 0) order.push(place);
    }
  }
  return order;
}

function dependents(before: readonly (readonly number[])[]): number[][] {
  const after = before.map((): number[] => []);
  for (const [place, needed] of before.entries()) for (const one of needed) after[one]?.push(place);
  return after;
}

/** Walks back from any place that could not be sorted: what is met twice closes a cycle. */
function findCycle(before: readonly (readonly number[])[], sorted: ReadonlySet<number>): number[] {
  const path: number[] = [];
  let at = before.findIndex((_, place) => !sorted.has(place));
  while (!path.includes(at)) {
    path.push(at);
    at = (before[at] as readonly number[]).find((one) => !sorted.has(one)) as number;
  }
  return path.slice(path.indexOf(at)).reverse();
}

function longestChain(before: readonly (readonly number[])[], order: readonly number[]): number {
  const depth = new Int32Array(before.length);
  let longest = 0;
  for (const place of order) {
    let deepest = 0;
    for (const one of before[place] as readonly number[]) deepest = Math.max(deepest, depth[one] as number);
    depth[place] = deepest + 1;
    longest = Math.max(longest, deepest + 1);
  }
  return longest;
}

/** Per place how many need it; the last entry is for those that need nothing. */
function fanOuts(before: readonly (readonly number[])[]): Int32Array {
  const widths = new Int32Array(before.length + 1);
  const start = before.length;
  for (const needed of before) {
    if (needed.length === 0) widths[start] = (widths[start] as number) + 1;
    for (const one of needed) widths[one] = (widths[one] as number) + 1;
  }
  return widths;
}

/** The widest join whose branches, followed back, start from one point that is as wide. */
function fanOutFanIn(before: readonly (readonly number[])[]): number {
  const joins = before
    .map((needed, place) => ({ place, width: needed.length }))
    .filter(({ width }) => width > 1)
    .sort((left, right) => right.width - left.width)
    .slice(0, MAX_JOINS);
  let widest = 0;
  for (const { place, width } of joins) {
    if (width <= widest) break;
    widest = Math.max(widest, Math.min(width, widestStart(before, place)));
  }
  return widest;
}

/** Most branches that leave one point and lead to `join`. */
function widestStart(before: readonly (readonly number[])[], join: number): number {
  const seen = new Set<number>();
  const widths = new Map<number, number>();
  const open = [...(before[join] as readonly number[])];
  let widest = 0;
  while (open.length > 0) {
    const at = open.pop() as number;
    if (seen.has(at)) continue;
    seen.add(at);
    const needed = before[at] as readonly number[];
    // What needs nothing starts where the plan starts.
    for (const start of needed.length === 0 ? [-1] : needed) {
      const width = (widths.get(start) ?? 0) + 1;
      widths.set(start, width);
      widest = Math.max(widest, width);
    }
    open.push(...needed);
  }
  return widest;
}
