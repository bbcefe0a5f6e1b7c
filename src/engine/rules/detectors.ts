import { findInjections } from "../texts/injection/find-injections.ts";
import { findPii } from "../texts/pii/find-pii.ts";
import type { TextHints } from "../texts/text-hints.ts";
import type { TextMatch } from "../texts/text-match.ts";

// Finders of the default rules, which no single pattern could be: by the id of their rule. What they find: docs/text-rules.md.

export interface Detector {
  /** First to last, without overlaps. `hints`: of this text. */
  readonly find: (text: string, hints?: TextHints) => readonly TextMatch[];
}

const DETECTORS: ReadonlyMap<string, Detector> = new Map([
  ["default_pii_detection", { find: findPii }],
  ["default_prompt_injection", { find: findInjections }],
]);

export function hasDetector(ruleId: string): boolean {
  return DETECTORS.has(ruleId);
}

export function findDetector(ruleId: string): Detector | undefined {
  return DETECTORS.get(ruleId);
}
