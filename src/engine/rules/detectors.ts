import type { TextSpan } from "../patterns/pattern-set.ts";

// Finders of the default rules, which no single pattern could be: by the id of their rule.

/** Something found in a text. */
export interface TextMatch extends TextSpan {
  /** For example `payment_card`. */
  readonly kind: string;
}

export interface Detector {
  /** First to last, without overlaps. */
  readonly find: (text: string) => readonly TextMatch[];
}

const DETECTORS: ReadonlyMap<string, Detector> = new Map();

export function hasDetector(ruleId: string): boolean {
  return DETECTORS.has(ruleId);
}

export function findDetector(ruleId: string): Detector | undefined {
  return DETECTORS.get(ruleId);
}
