import type { Verdict } from "../../domain/decision.ts";

// Decisions and refusals by route. Routes come from agents: what looks like an id is taken out of them, and there are only so
// many.

/** Routes that are told apart; further ones are counted as `other`. */
const MAX_ROUTES = 100;
/** Routes as they were written whose normal form is remembered. */
const MAX_WRITTEN = 1_000;
const OTHER = "other";

export type ByVerdict = { [V in Verdict]: number };

/** What was answered to requests of one route, or to those that named none. */
export interface RouteCounters<S extends string = string> {
  /** By what was asked. */
  readonly decisions: { readonly [K in S]: ByVerdict };
  /** Refusals by the reason of their first finding. */
  readonly denied: { [reason: string]: number };
}

export class DecisionCounters<S extends string = string> {
  /** Of requests without a route. */
  readonly unrouted: RouteCounters<S>;
  readonly byRoute = new Map<string, RouteCounters<S>>();
  readonly #create: () => RouteCounters<S>;
  readonly #written = new Map<string, RouteCounters<S>>();

  constructor(create: () => RouteCounters<S>) {
    this.#create = create;
    this.unrouted = create();
  }

  of(route: string | undefined): RouteCounters<S> {
    if (route === undefined || route === "") return this.unrouted;
    const known = this.#written.get(route);
    if (known !== undefined) return known;
    const normal = formatRouteLabel(route);
    const label = this.byRoute.has(normal) || this.byRoute.size < MAX_ROUTES ? normal : OTHER;
    const counters = this.byRoute.get(label) ?? this.#create();
    this.byRoute.set(label, counters);
    if (this.#written.size >= MAX_WRITTEN) this.#written.clear();
    this.#written.set(route, counters);
    return counters;
  }

  /** All, with their label; undefined where no route was named. */
  *all(): Generator<readonly [route: string | undefined, counters: RouteCounters<S>]> {
    yield [undefined, this.unrouted];
    yield* this.byRoute;
  }
}

/** A route as a label: without query, and with `:id` for every segment that looks like an id. */
export function formatRouteLabel(route: string): string {
  const path = route.split(/[?#]/, 1)[0] as string;
  return path
    .split("/")
    .map((segment) => (isId(segment) ? ":id" : segment))
    .join("/");
}

/** Numbers, UUIDs, long hexadecimal texts, and long names in which digits stand among letters. */
function isId(segment: string): boolean {
  if (/^\d+$/.test(segment)) return true;
  if (/^[0-9a-f-]{8,}$/i.test(segment) && /\d/.test(segment)) return true;
  return segment.length >= 16 && (segment.match(/\d/g) ?? []).length >= 3;
}
