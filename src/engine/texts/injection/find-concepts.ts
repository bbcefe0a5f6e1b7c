// Words of the lexicon in a text, each with its concepts, in one pass: at every start of a word the longest entry is
// looked up, in scripts without blanks at every character.
import { createLayer, type Layer } from "../text-layer.ts";
import { CONCEPTS, type Concept } from "./lexicon/concepts.ts";
import { ENGLISH_LEXICONS, LEXICONS } from "./lexicon/locales.ts";

export interface ConceptHit {
  /** Bits of CONCEPT. */
  readonly concepts: number;
  /** How many words stand before it; in scripts without blanks two characters are a word. */
  readonly word: number;
  /** How many sentences stand before it. */
  readonly sentence: number;
  /** In the normal form of the text. */
  readonly start: number;
  readonly end: number;
}

/** The bit of each concept, and of words that are not English. */
export const CONCEPT = Object.fromEntries(
  [...CONCEPTS, "foreign" as const].map((concept, index) => [concept, 1 << index]),
) as Readonly<Record<Concept | "foreign", number>>;

export interface Entry {
  readonly term: string;
  readonly concepts: number;
  /** Any ending may follow. */
  readonly isStem: boolean;
}

/** The longest entries first. */
export interface Index {
  /** By their first word, where it is a whole one. */
  readonly byWord: ReadonlyMap<string, readonly Entry[]>;
  /** By their first two characters: stems, scripts without blanks, names that start with no letter. */
  readonly byStart: ReadonlyMap<number, readonly Entry[]>;
  readonly filter: Filter;
}

/** By hash, of what could be found: most words of a text are in no lexicon, and cost no more than their hash. */
type Filter = Uint8Array;

const FILTER = {
  /** A word that is an entry. */
  word: 1,
  /** A word that an entry goes on behind. */
  first: 2,
  /** Such a word with the first characters behind it; the other bit where there are fewer of them. */
  phrase: 4,
  shortPhrase: 8,
  /** The first characters of what is looked up by its start; the other bit where there are fewer of them. */
  start: 16,
  shortStart: 32,
} as const;
const FILTER_MASK = 0xffff;
/** Characters that are hashed of a start, and behind a word. */
const START_LENGTH = 4;
const BEHIND_LENGTH = 6;

/** Scripts that put no blanks between words, or glue them together. */
const GLUED = /[\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]/;
const WORD = /[\p{L}\p{N}_]/u;

/** Lower case without accents and compatible forms. */
export function normalizeText(text: string): Layer {
  const builder = createLayer();
  let at = 0;
  for (const letter of text) {
    builder.add(letter < "\u0080" ? letter.toLowerCase() : normalizeLetter(letter), at);
    at += letter.length;
  }
  return builder.end(text) ?? { text, places: Array.from({ length: text.length + 1 }, (_, place) => place) };
}

function normalizeLetter(letter: string): string {
  if (/\p{Default_Ignorable_Code_Point}/u.test(letter)) return "";
  return letter.toLowerCase().normalize("NFKD").replace(/\p{M}/gu, "").normalize("NFKC").replaceAll("’", "'");
}

let index: Index | undefined;

/** Made when first needed. */
export function getIndex(): Index {
  if (index !== undefined) return index;
  const masks = new Map<string, number>();
  for (const lexicon of LEXICONS) {
    const isEnglish = ENGLISH_LEXICONS.includes(lexicon);
    for (const concept of CONCEPTS)
      for (const source of lexicon[concept]?.split("|") ?? []) {
        const term = Array.from(source.toLowerCase(), normalizeLetter).join("");
        if (term.length < 2) continue;
        // English comes first: a word that it has, too, is English.
        const before = masks.get(term) ?? (isEnglish ? 0 : CONCEPT.foreign);
        masks.set(term, before | CONCEPT[concept]);
      }
  }
  const byWord = new Map<string, Entry[]>();
  const byStart = new Map<number, Entry[]>();
  const longestFirst = [...masks].sort(([left], [right]) => right.length - left.length);
  for (const [source, concepts] of longestFirst) {
    const isStem = source.endsWith("*");
    const term = isStem ? source.slice(0, -1) : source;
    const end = skipWord(term, 0);
    if (end > 0 && (!isStem || end < term.length))
      put(byWord, term.slice(0, end), { term, concepts, isStem });
    else put(byStart, keyAt(term, 0), { term, concepts, isStem });
  }
  index = { byWord, byStart, filter: createFilter(byWord, byStart) };
  return index;
}

function createFilter(byWord: Index["byWord"], byStart: Index["byStart"]): Filter {
  const filter = new Uint8Array(FILTER_MASK + 1);
  const add = (text: string, bit: number): void => {
    let hash = 0;
    for (let at = 0; at < text.length; at += 1) hash = hashNext(hash, text.charCodeAt(at));
    filter[placeOf(hash)] = (filter[placeOf(hash)] as number) | bit;
  };
  for (const [word, entries] of byWord)
    for (const { term } of entries) {
      add(word, term.length === word.length ? FILTER.word : FILTER.first);
      if (term.length === word.length) continue;
      const isShort = term.length < word.length + BEHIND_LENGTH;
      add(term.slice(0, word.length + BEHIND_LENGTH), isShort ? FILTER.shortPhrase : FILTER.phrase);
    }
  for (const entries of byStart.values())
    for (const { term } of entries)
      add(term.slice(0, START_LENGTH), term.length < START_LENGTH ? FILTER.shortStart : FILTER.start);
  return filter;
}

function hashNext(hash: number, unit: number): number {
  return (Math.imul(hash, 31) + unit) | 0;
}

function placeOf(hash: number): number {
  return (hash ^ (hash >>> 15)) & FILTER_MASK;
}

function put<K>(map: Map<K, Entry[]>, key: K, entry: Entry): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [entry]);
  else list.push(entry);
}

/** Two characters as one number; the second is 0 at the end. */
function keyAt(text: string, at: number): number {
  return text.charCodeAt(at) * 0x1_0000 + (text.charCodeAt(at + 1) || 0);
}

/** `text` in normal form. */
export function findConcepts(text: string): readonly ConceptHit[] {
  const { byWord, byStart, filter } = getIndex();
  const hits: ConceptHit[] = [];
  let word = 0;
  let sentence = 0;
  for (let at = 0; at < text.length; ) {
    const unit = text.charCodeAt(at);
    const kind = kindOf(unit);
    const isGlued = kind === UNIT.glued;
    if (kind === UNIT.other) {
      if (unit !== 0x20 && isSentenceEnd(text, at, unit)) sentence += 1;
      // .env and /etc/passwd start with no letter.
      const isName = (unit === 0x2e || unit === 0x2f) && !(at > 0 && isWordUnit(text.charCodeAt(at - 1)));
      if (!isName) {
        at += 1;
        continue;
      }
    }
    word += isGlued ? 0.5 : 1;
    let next = at + 1;
    let known: number = FILTER.start;
    if (!isGlued) {
      let hash = hashNext(0, unit);
      known = (filter[placeOf(hash)] as number) & FILTER.shortStart;
      for (; next < text.length; next += 1) {
        const letter = text.charCodeAt(next);
        if (!isWordUnit(letter)) break;
        hash = hashNext(hash, letter);
        if (next - at >= START_LENGTH) continue;
        const isWhole = next - at === START_LENGTH - 1;
        known |= (filter[placeOf(hash)] as number) & (isWhole ? FILTER.start : FILTER.shortStart);
      }
      const bits = filter[placeOf(hash)] as number;
      known |= bits & FILTER.word;
      if (known === 0 && (bits & FILTER.first) !== 0) known = findPhrase(filter, text, next, hash);
    }
    const entry = known === 0 ? undefined : findLongest(byWord, byStart, text, at, next, isGlued);
    if (entry === undefined) {
      at = next;
      continue;
    }
    const stop = at + entry.term.length;
    const end = entry.isStem && !isGlued ? skipWord(text, stop) : stop;
    hits.push({ concepts: entry.concepts, word, sentence, start: at, end });
    word += isGlued ? entry.term.length / 2 : countBlanks(entry.term);
    at = end;
  }
  return hits;
}

/** Not 0 when a phrase could begin with the word before `next`, which has this hash. */
function findPhrase(filter: Filter, text: string, next: number, wordHash: number): number {
  let hash = wordHash;
  let known = 0;
  const end = Math.min(next + BEHIND_LENGTH, text.length);
  for (let place = next; place < end; place += 1) {
    hash = hashNext(hash, text.charCodeAt(place));
    const isWhole = place - next === BEHIND_LENGTH - 1;
    known |= (filter[placeOf(hash)] as number) & (isWhole ? FILTER.phrase : FILTER.shortPhrase);
  }
  return known;
}

function findLongest(
  byWord: Index["byWord"],
  byStart: Index["byStart"],
  text: string,
  at: number,
  next: number,
  isGlued: boolean,
): Entry | undefined {
  const whole = isGlued ? undefined : findEntry(byWord.get(text.slice(at, next)), text, at, false);
  const start = findEntry(byStart.get(keyAt(text, at)), text, at, isGlued);
  return (whole?.term.length ?? 0) >= (start?.term.length ?? 0) ? whole : start;
}

function findEntry(
  list: readonly Entry[] | undefined,
  text: string,
  at: number,
  isGlued: boolean,
): Entry | undefined {
  if (list === undefined) return undefined;
  for (const entry of list) {
    if (!text.startsWith(entry.term, at)) continue;
    const end = at + entry.term.length;
    if (entry.isStem || isGlued || end >= text.length || !isWordUnit(text.charCodeAt(end))) return entry;
  }
  return undefined;
}

export function skipWord(text: string, from: number): number {
  let at = from;
  while (at < text.length && isWordUnit(text.charCodeAt(at))) at += 1;
  return at;
}

/** What a character is to words; in glued scripts every one is looked up for itself. */
const UNIT = { unknown: 0, other: 1, word: 2, glued: 3 } as const;
/** By UTF-16 unit, filled when one is first met. */
const unitKinds = new Uint8Array(0x1_0000);

function kindOf(unit: number): number {
  const known = unitKinds[unit] as number;
  return known === UNIT.unknown ? learnKind(unit) : known;
}

function learnKind(unit: number): number {
  const letter = String.fromCharCode(unit);
  const kind = GLUED.test(letter) ? UNIT.glued : WORD.test(letter) ? UNIT.word : UNIT.other;
  unitKinds[unit] = kind;
  return kind;
}

/** Whether a word goes on. */
function isWordUnit(unit: number): boolean {
  return kindOf(unit) === UNIT.word;
}

/** A full stop ends a sentence when a blank follows; so does an empty line. */
function isSentenceEnd(text: string, at: number, unit: number): boolean {
  if (unit === 0x0a) return text.charCodeAt(at + 1) === 0x0a;
  if (unit === 0x2e || unit === 0x21 || unit === 0x3f || unit === 0x3b)
    return at + 1 >= text.length || text.charCodeAt(at + 1) <= 0x20;
  return unit >= 0x80 && "。！？؟।".includes(text.charAt(at));
}

function countBlanks(term: string): number {
  let count = 0;
  for (let at = term.indexOf(" "); at !== -1; at = term.indexOf(" ", at + 1)) count += 1;
  return count;
}
