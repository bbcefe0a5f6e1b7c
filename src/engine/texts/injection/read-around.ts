// Looks around a word of the lexicon: what stands near it, whether it is turned around or only asked about. Distances are
// counted in words and bounded, so that each look costs the same whatever the length of the text.
import { CONCEPT, type ConceptHit } from "./find-concepts.ts";

export interface Reading {
  /** In normal form. */
  readonly text: string;
  readonly hits: readonly ConceptHit[];
}

/** The other end of what a rule finds around the hit at a place; undefined: nothing. */
export type Rule = (reading: Reading, at: number) => ConceptHit | undefined;

/** do not ignore · ignoriere nicht */
export function isNegated(reading: Reading, at: number): boolean {
  const hit = reading.hits[at] as ConceptHit;
  const before = reading.hits[at - 1];
  if (
    before !== undefined &&
    (before.concepts & CONCEPT.negation) !== 0 &&
    hit.word - before.word <= 4 &&
    before.sentence === hit.sentence
  )
    return true;
  return /^\s+(?:nicht|niet|inte|ikke|ei)\b/.test(reading.text.slice(hit.end, hit.end + 12));
}

/** how do I ignore … */
export function isAsked(reading: Reading, at: number): boolean {
  const hit = reading.hits[at] as ConceptHit;
  for (let other = at - 1; other >= 0; other -= 1) {
    const before = reading.hits[other] as ConceptHit;
    if (before.sentence !== hit.sentence || hit.word - before.word > 10) return false;
    if ((before.concepts & CONCEPT.question) !== 0) return true;
  }
  return false;
}

/** The nearest hit of `concepts` within so many words after or before; after comes first. */
export function findNear(
  reading: Reading,
  at: number,
  concepts: number,
  after: number,
  before: number,
  isSameSentence: boolean,
): ConceptHit | undefined {
  const { hits } = reading;
  const hit = hits[at] as ConceptHit;
  for (const step of [1, -1]) {
    const reach = step === 1 ? after : before;
    for (let index = at + step; index >= 0 && index < hits.length; index += step) {
      const other = hits[index] as ConceptHit;
      if (Math.abs(other.word - hit.word) > reach || (isSameSentence && other.sentence !== hit.sentence))
        break;
      if ((other.concepts & concepts) !== 0) return other;
    }
  }
  return undefined;
}

/** Hits that stand near the one at `at` are looked for from here: between two words stand two hits at most. */
export function firstNear(at: number): number {
  return Math.max(0, at - 64);
}

/** A hit of `concepts` between two places, counted in words; `except` are hits that do not count. */
export function findWithin(
  reading: Reading,
  at: number,
  concepts: number,
  from: number,
  to: number,
  ...except: readonly ConceptHit[]
): ConceptHit | undefined {
  const { hits } = reading;
  let first = at;
  while (first > 0 && (hits[first - 1] as ConceptHit).word >= from) first -= 1;
  for (let index = first; index < hits.length; index += 1) {
    const other = hits[index] as ConceptHit;
    if (other.word > to) return undefined;
    if ((other.concepts & concepts) !== 0 && !except.includes(other)) return other;
  }
  return undefined;
}
