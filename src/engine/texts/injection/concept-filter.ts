// Which concepts the words of a text could give, by their hashes alone: the pass that looks for hints (text-hints.ts) asks for
// each word of ASCII. Too much may be told, never too little; what stands there tells find-concepts.ts.
import { type Entry, getIndex, skipWord } from "./find-concepts.ts";

export interface ConceptFilter {
  /** By place of a hash, what it could be of: bits of PART. Most words are none and cost no more. */
  readonly places: Uint8Array;
  /** Bits of CONCEPT by hash. */
  readonly concepts: ReadonlyMap<number, number>;
}

/** What is hashed of an entry. */
export const PART = {
  /** The first characters of what any ending may follow. */
  start: 1,
  /** All of it, a word. */
  word: 2,
  /** Its first word. */
  first: 4,
  /** Its first word with the first characters behind it. */
  phrase: 8,
  /** A first word with fewer characters behind it. */
  short: 16,
} as const;
export const START_LENGTH = 4;
const BEHIND_LENGTH = 6;
const PLACE_MASK = 0xffff;

const LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789_";
const ASCII = /^\p{ASCII}+$/u;

/** Capitals as small letters; some signs as others. */
export function hashNext(hash: number, unit: number): number {
  return (Math.imul(hash, 31) + (unit | 0x20)) | 0;
}

export function placeOf(hash: number): number {
  return (hash ^ (hash >>> 15)) & PLACE_MASK;
}

let filter: ConceptFilter | undefined;

/** Made when first needed. */
export function getConceptFilter(): ConceptFilter {
  filter ??= createFilter();
  return filter;
}

function createFilter(): ConceptFilter {
  const places = new Uint8Array(PLACE_MASK + 1);
  const known = new Map<number, number>();
  const add = (text: string, part: number, concepts: number): void => {
    let hash = 0;
    for (let at = 0; at < text.length; at += 1) hash = hashNext(hash, text.charCodeAt(at));
    const place = placeOf(hash);
    places[place] = (places[place] as number) | part;
    if (concepts !== 0) known.set(hash, (known.get(hash) ?? 0) | concepts);
  };
  const { byWord, byStart } = getIndex();
  for (const list of byWord.values()) for (const entry of list) addWords(entry, add);
  for (const list of byStart.values()) for (const entry of list) addStart(entry, add);
  return { places, concepts: known };
}

type Add = (text: string, part: number, concepts: number) => void;

function addWords({ term, concepts }: Entry, add: Add): void {
  if (!ASCII.test(term)) return;
  const end = skipWord(term, 0);
  if (end === term.length) {
    add(term, PART.word, concepts);
    return;
  }
  add(term.slice(0, end), term.length < end + BEHIND_LENGTH ? PART.first | PART.short : PART.first, 0);
  add(term.slice(0, end + BEHIND_LENGTH), PART.phrase, concepts);
}

/** What starts with a sign (`.env`) has a hint of its own. */
function addStart({ term, concepts }: Entry, add: Add): void {
  if (!ASCII.test(term) || skipWord(term, 0) === 0) return;
  if (term.length >= START_LENGTH) {
    add(term.slice(0, START_LENGTH), PART.start, concepts);
    return;
  }
  add(term, PART.word, concepts);
  for (const letter of LETTERS) addStart({ term: term + letter, concepts, isStem: true }, add);
}

/** Of a word that begins with START_LENGTH characters of this hash. */
export function conceptsAtStart({ places, concepts }: ConceptFilter, hash: number): number {
  return ((places[placeOf(hash)] as number) & PART.start) === 0 ? 0 : (concepts.get(hash) ?? 0);
}

/** Of a word of this hash, before `next`, and of the phrases that begin with it. */
export function conceptsOfWord(
  { places, concepts }: ConceptFilter,
  text: string,
  next: number,
  wordHash: number,
): number {
  const parts = places[placeOf(wordHash)] as number;
  let found = (parts & PART.word) === 0 ? 0 : (concepts.get(wordHash) ?? 0);
  if ((parts & PART.first) === 0) return found;
  let hash = wordHash;
  const last = next + BEHIND_LENGTH - 1;
  for (let at = next; at <= last && at < text.length; at += 1) {
    // A line may end inside a phrase.
    hash = hashNext(hash, Math.max(0x20, text.charCodeAt(at)));
    if (at < last && (parts & PART.short) === 0) continue;
    if (((places[placeOf(hash)] as number) & PART.phrase) !== 0) found |= concepts.get(hash) ?? 0;
  }
  return found;
}
