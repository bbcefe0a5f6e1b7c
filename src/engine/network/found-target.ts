import type { ReadTarget } from "./network-target.ts";

/** A target that stands somewhere in a value. */
export interface FoundTarget {
  readonly target: ReadTarget;
  /**
   * Surely a target: judged by every rule. Otherwise it only looks like one (a dotted word, an address in prose) and is
   * judged by what it would reach, never by lists of what is allowed.
   */
  readonly isCertain: boolean;
}
