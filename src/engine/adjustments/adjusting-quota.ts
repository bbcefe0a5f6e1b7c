import type { LevelName } from "../../domain/quotas/levels.ts";
import type { QuotaPeriod } from "../../domain/quotas/quota-units.ts";
import { quotaAmount } from "../quotas/quota-settings.ts";

/** A quota with `auto_adjust`, in the engine's units. */
export interface AdjustingQuota {
  readonly level: LevelName;
  /** `requests.hour`. */
  readonly target: string;
  /** Id of its findings. */
  readonly id: string;
  readonly period: QuotaPeriod;
  readonly counter: number;
  readonly custom: string | undefined;
  readonly mode: "suggest" | "apply";
  /** What is in force now. */
  readonly current: bigint;
  /** Without a `floor` it is not lowered below what is written, without a `ceiling` not raised above. */
  readonly floor: bigint;
  readonly ceiling: bigint;
  /** Most by which it changes at once; undefined = as far as it goes. */
  readonly step: bigint | undefined;
  readonly everyMs: number;
  /** The setting that says so. */
  readonly by: string;
}

/** `auto_adjust` as an effective policy holds it. */
export interface WrittenAdjust {
  readonly mode: "off" | "suggest" | "apply";
  readonly floor?: bigint | number | undefined;
  readonly ceiling?: bigint | number | undefined;
  readonly step?: bigint | number | undefined;
  readonly every: number;
}

/** What an adjusted value is held to: as the operator wrote it, and no tier's ceiling is passed. */
export function adjustingBounds(
  key: string,
  written: bigint,
  adjust: WrittenAdjust,
  tierCeiling: bigint | undefined,
): { readonly floor: bigint; readonly ceiling: bigint } {
  const floor = adjust.floor === undefined ? written : quotaAmount(key, adjust.floor);
  const own = adjust.ceiling === undefined ? written : quotaAmount(key, adjust.ceiling);
  const ceiling = tierCeiling === undefined || own < tierCeiling ? own : tierCeiling;
  return { floor: floor < ceiling ? floor : ceiling, ceiling };
}
