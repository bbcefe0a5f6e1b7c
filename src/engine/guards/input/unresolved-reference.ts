// Placeholders that were never filled in: ${x}, {{x}}, <X>. A tool that gets one does what nobody meant.
// docs/guards/unresolved-reference.md

import type { GuardSettings } from "../../../domain/policy/guard-fields.ts";
import {
  formatJsonPath,
  isJsonArray,
  isJsonObject,
  type JsonDocument,
  type JsonPath,
  type JsonValue,
} from "../../json/json-document.ts";
import { createMemo } from "../../memos/memo.ts";
import { findFirstSigns } from "../../patterns/first-signs.ts";
import {
  createPatternSet,
  findPatternSpans,
  matchPatterns,
  type PatternSet,
} from "../../patterns/pattern-set.ts";
import { utf8Length } from "../../texts/content-stream.ts";
import { textsOf } from "../../texts/document-texts.ts";
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
    checkReferences(document, settings),
};

export function checkReferences(document: JsonDocument, settings: UnresolvedReferenceSettings): GuardOutcome {
  const { patterns } = settings;
  if (patterns.length === 0) return PASS;
  const signs = signsOf(patterns);
  if (signs?.test(textsOf(document).text) === false) return PASS;
  const search: Search = { set: referenceSetOf(patterns), signs, path: [], notes: [] };
  visitTexts(search, document.value);
  return search.notes.length === 0 ? PASS : { notes: search.notes };
}

interface Search {
  readonly set: PatternSet;
  /** One of them stands in whatever holds a placeholder; undefined: nothing is known. */
  readonly signs: RegExp | null;
  /** Where the search is; copied for what is found. */
  readonly path: (string | number)[];
  readonly notes: GuardNote[];
}

function visitTexts(search: Search, value: JsonValue): void {
  const { signs, path, notes } = search;
  if (notes.length >= MAX_NOTES) return;
  if (typeof value === "string") {
    if (signs === null || signs.test(value)) judgeText(search, value);
  } else if (isJsonArray(value))
    for (let index = 0; index < value.length; index += 1) {
      path.push(index);
      visitTexts(search, value[index] as JsonValue);
      path.pop();
    }
  else if (isJsonObject(value))
    for (const name of Object.keys(value)) {
      path.push(name);
      visitTexts(search, name);
      visitTexts(search, value[name] as JsonValue);
      path.pop();
    }
}

function judgeText({ set, path, notes }: Search, value: string): void {
  const evidence = findEvidence(set, value, path);
  if (evidence.length === 0) return;
  const text = `Unresolved reference in '${formatJsonPath(path)}'`;
  notes.push({ verdict: "BLOCK", reason: "UNRESOLVED_REFERENCE", text, setting: "patterns", evidence });
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

const firstSigns = createMemo<readonly string[], RegExp | null>();

/** Null where some pattern may begin with anything. */
function signsOf(patterns: readonly string[]): RegExp | null {
  const known = firstSigns.get(patterns);
  if (known !== undefined) return known;
  const signs = findFirstSigns(patterns)?.replace(/[\]\\^-]/g, "\\$&");
  const made = signs === undefined ? null : new RegExp(`[${signs}]`);
  firstSigns.set(patterns, made);
  return made;
}

const sets = createMemo<readonly string[], PatternSet>();

/** The set behind `patterns`, so that its owner can compile it group by group before it is needed. */
export function referenceSetOf(patterns: readonly string[]): PatternSet {
  const known =
    sets.get(patterns) ??
    createPatternSet(patterns.map((pattern, index) => ({ id: `patterns[${index}]`, pattern })));
  sets.set(patterns, known);
  return known;
}
