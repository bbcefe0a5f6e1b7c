// Placeholders that were never filled in: ${x}, {{x}}, <X>. A tool that gets one does what nobody meant.
// docs/guards/unresolved-reference.md
import type { GuardSettings } from "../../../domain/policy/guard-fields.ts";
import {
  formatJsonPath,
  isJsonArray,
  isJsonObject,
  type JsonPath,
  type JsonValue,
} from "../../json/json-document.ts";
import {
  createPatternSet,
  findPatternSpans,
  matchPatterns,
  type PatternSet,
} from "../../patterns/pattern-set.ts";
import { utf8Length } from "../../texts/content-stream.ts";
import {
  type BeforeInput,
  type Guard,
  type GuardEvidence,
  type GuardNote,
  type GuardOutcome,
  PASS,
} from "../guard.ts";

export type UnresolvedReferenceSettings = Pick<GuardSettings<"unresolved_reference">, "patterns">;

/** Arguments that are told of one call; the rest are of the same kind. */
const MAX_NOTES = 16;

export const unresolvedReference: Guard<UnresolvedReferenceSettings> = {
  id: "unresolved_reference",
  before: ({ arguments: document, settings }: BeforeInput<UnresolvedReferenceSettings, unknown>) =>
    checkReferences(document.value, settings),
};

export function checkReferences(value: JsonValue, settings: UnresolvedReferenceSettings): GuardOutcome {
  if (settings.patterns.length === 0) return PASS;
  const notes: GuardNote[] = [];
  visitTexts(value, [], referenceSetOf(settings.patterns), notes);
  return notes.length === 0 ? PASS : { notes };
}

function visitTexts(value: JsonValue, path: JsonPath, set: PatternSet, notes: GuardNote[]): void {
  if (notes.length >= MAX_NOTES) return;
  if (typeof value === "string") {
    const evidence = findEvidence(set, value, path);
    if (evidence.length === 0) return;
    const text = `Unresolved reference in '${formatJsonPath(path)}'`;
    notes.push({ verdict: "BLOCK", reason: "UNRESOLVED_REFERENCE", text, setting: "patterns", evidence });
  } else if (isJsonArray(value))
    for (const [index, item] of value.entries()) visitTexts(item, [...path, index], set, notes);
  else if (isJsonObject(value))
    for (const [name, member] of Object.entries(value)) {
      visitTexts(name, [...path, name], set, notes);
      visitTexts(member, [...path, name], set, notes);
    }
}

function findEvidence(set: PatternSet, text: string, path: JsonPath): readonly GuardEvidence[] {
  return matchPatterns(set, text).flatMap((id) =>
    findPatternSpans(set, id, text)
      .slice(0, MAX_NOTES)
      .map(({ start, end }) => ({
        kind: "placeholder",
        path: `$${formatJsonPath(path).replace(/^(?=[^[])/, ".")}`,
        offset: utf8Length(text, 0, start),
        length: utf8Length(text, start, end),
      })),
  );
}

const sets = new WeakMap<readonly string[], PatternSet>();

/** The set behind `patterns`, so that its owner can compile it group by group before it is needed. */
export function referenceSetOf(patterns: readonly string[]): PatternSet {
  const known =
    sets.get(patterns) ??
    createPatternSet(patterns.map((pattern, index) => ({ id: `patterns[${index}]`, pattern })));
  sets.set(patterns, known);
  return known;
}
