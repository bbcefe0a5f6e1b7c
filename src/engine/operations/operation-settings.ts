import type { Tier } from "../../domain/limits.ts";

// What policies say about operations: the sections `operations` and `attributes` as effective values. Keys are those of the
// documents.

export interface OperationSettings {
  /** Globs of operations; absent = all, empty = none. */
  readonly allowed?: readonly string[] | undefined;
  readonly blocked: readonly string[];
  /** Globs of operations that change something: they need session authorisation and count as modifications. */
  readonly mutating: readonly string[];
  /** 0 to 1; absent = no risk needs a person. */
  readonly require_confirmation_above_risk?: number | undefined;
  /** What a mutating operation without `risk` is. */
  readonly missing: Missing;
}

export type Missing = "block" | "warn" | "allow";

/** Bounds of one attribute. `max_abs` bounds both directions. */
export interface AttributeBounds {
  readonly min?: number | undefined;
  readonly max?: number | undefined;
  readonly max_abs?: number | undefined;
  readonly on_exceed: "block" | "pause";
  readonly missing: Missing;
}

export interface AttributeSettings {
  readonly [name: string]: AttributeBounds;
}

/** Which tier, document and override decided a value: what findings name. */
export interface ValueSource {
  readonly tier: Tier;
  readonly tenant?: string | undefined;
  /** What the override that decided it matches, e.g. `district=08A`. */
  readonly override?: string | undefined;
  readonly document?: string | undefined;
  readonly line?: number | undefined;
}

/** `path` is that of the key, e.g. `attributes.confidence.min`. */
export type FindSource = (path: string) => ValueSource | undefined;
