import type { LevelName } from "../../domain/quotas/levels.ts";
import type { AdjustingRate } from "../adjustments/follow-rates.ts";
import type { PolicySource } from "../policy/policy-source.ts";
import { type CompiledRate, compileRate, type Rate } from "./gcra.ts";
import { NO_ROW } from "./rate-table.ts";

/** One bucket that a request takes from. */
export interface RateCheck {
  readonly rate: CompiledRate;
  /** Of its bucket: rate-table.ts. */
  readonly key: string;
  /** Where its bucket was last; another one may have the row by now. */
  row: number;
  /** As findings name it: `user:alice`, `ip:203.0.113.0/24`. */
  readonly principal: string;
  /** The route that has a bucket of its own; absent for all others together. */
  readonly route: string | undefined;
  /** The setting that says so. */
  readonly setting: string;
  /** Who said so: looked up when something is refused. Absent for what stands beside the policy, and for ceilings. */
  readonly source?: RateSource | undefined;
  readonly shadow: boolean;
  /** Whether its setting gives routes buckets of their own: then not every request of the principal takes from it. */
  readonly hasRoutes: boolean;
  /** Present where the rate follows its load. */
  readonly follows?: AdjustingRate | undefined;
}

export type RateSource = () => Pick<PolicySource, "tier" | "document" | "line">;

/** Whose buckets a request takes from. */
export interface RateAsker {
  readonly tenant: string;
  /** The widest first. */
  readonly levels: readonly LevelName[];
  /** Normalised. */
  readonly route: string | undefined;
  readonly provider: string | undefined;
  readonly sourceIp: string | undefined;
  /** Who decided what a policy says at a path. */
  readonly sourceAt: (path: readonly string[]) => ReturnType<RateSource>;
}

export function createRateCheck(
  rate: Rate,
  about: Pick<RateCheck, "principal" | "route" | "setting" | "source" | "shadow" | "hasRoutes" | "follows">,
  ...key: readonly string[]
): RateCheck {
  const place = [...key, about.route ?? "", about.shadow ? "shadow" : ""].join("\n");
  return { rate: compileRate(rate), key: place, row: NO_ROW, ...about };
}
