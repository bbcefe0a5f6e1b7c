import type { Level } from "./levels.ts";

/** A value of one principal that stands beside the policy: an operator's override, or one that followed the load. */
export interface Adjustment {
  readonly tenant: string;
  readonly level: Level;
  readonly name: string;
  /** What it is a value of: `requests.hour`, `custom.pages.day`, `storage_gb`, `rate`. */
  readonly target: string;
  /** In the engine's unit: counts, nano-USD, milliseconds, MiB-milliseconds, bytes; 0 for a rate. */
  readonly value: bigint;
  /** Present for a rate. */
  readonly rate?: { readonly rps: number; readonly burst: number } | undefined;
  readonly cause: AdjustmentCause;
  /** Who set it: a credential's name, or the rule of the policy. */
  readonly by: string;
  readonly sinceMs: number;
  /** Wall clock; absent = until it is taken back. */
  readonly untilMs?: number | undefined;
  /** A value that followed the load was taken back: it stays as written until this is removed as well. */
  readonly isStopped?: boolean | undefined;
}

/** An override stands before a value that followed the load. */
export type AdjustmentCause = "override" | "auto_adjust";
