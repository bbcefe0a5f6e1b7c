// Words of the lexicon in a text, each with its concepts, in one pass: at every start of a word the longest entry is
// looked up, in scripts without blanks at every character.
import { createLayer, type Layer } from "../text-layer.ts";
import { CONCEPTS, type Concept } from "./lexicon/concepts.ts";
import { LEXICONS } from "./lexicon/locales.ts";

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

/** The bit of each concept. */
export const CONCEPT = Object.fromEntries(
  CONCEPTS.map((concept, index) => [concept, 1 << index]),
) as Readonly<Record<Concept, number>>;

interface Entry {
  readonly term: string;
  /** The third character, NaN when there is none: few words that start alike share it. */
  readonly third: number;
  readonly concepts: number;
  /** Any ending may follow. */
  readonly isStem: boolean;
}

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

let entries: ReadonlyMap<number, readonly Entry[]> | undefined;

/** By their first two characters, the longest first. Made when first needed. */
function getEntries(): ReadonlyMap<number, readonly Entry[]> {
  if (entries !== undefined) return entries;
  const masks = new Map<string, number>();
  for (const lexicon of LEXICONS)
    for (const concept of CONCEPTS)
      for (const source of lexicon[concept]?.split("|") ?? []) {
        const term = Array.from(source.toLowerCase(), normalizeLetter).join("");
        if (term.length > 1) masks.set(term, (masks.get(term) ?? 0) | CONCEPT[concept]);
      }
  const made = new Map<number, Entry[]>();
  for (const [source, concepts] of masks) {
    const isStem = source.endsWith("*");
    const term = isStem ? source.slice(0, -1) : source;
    const list = made.get(keyAt(term, 0)) ?? [];
    list.push({ term, third: term.charCodeAt(2), concepts, isStem });
    made.set(keyAt(term, 0), list);
  }
  for (const list of made.values()) list.sort((left, right) => right.term.length - left.term.length);
  entries = made;
  return made;
}

/** Two characters as one number; the second is 0 at the end. */
function keyAt(text: string, at: number): number {
  return text.charCodeAt(at) * 0x1_0000 + (text.charCodeAt(at + 1) || 0);
}

/** `text` in normal form. */
export function findConcepts(text: string): readonly ConceptHit[] {
  const lexicon = getEntries();
  const hits: ConceptHit[] = [];
  let word = 0;
  let sentence = 0;
  let isInWord = false;
  for (let at = 0; at < text.length; ) {
    const unit = text.charCodeAt(at);
    const isGlued = unit > 0xdff && GLUED.test(text.charAt(at));
    const isLetter = isGlued || isWordUnit(unit);
    if (!isLetter && unit !== 0x20 && isSentenceEnd(text, at)) sentence += 1;
    const isStart = isGlued || (!isInWord && (isLetter || unit === 0x2e || unit === 0x2f));
    if (!isStart) {
      isInWord = isLetter;
      at += 1;
      continue;
    }
    word += isGlued ? 0.5 : 1;
    const entry = findEntry(lexicon.get(keyAt(text, at)), text, at, isGlued);
    if (entry === undefined) {
      isInWord = isLetter && !isGlued;
      at += 1;
      continue;
    }
    const end = entry.isStem ? skipWord(text, at + entry.term.length, isGlued) : at + entry.term.length;
    hits.push({ concepts: entry.concepts, word, sentence, start: at, end });
    word += isGlued ? entry.term.length / 2 : countBlanks(entry.term);
    at = end;
    isInWord = false;
  }
  return hits;
}

function findEntry(
  list: readonly Entry[] | undefined,
  text: string,
  at: number,
  isGlued: boolean,
): Entry | undefined {
  if (list === undefined) return undefined;
  const third = text.charCodeAt(at + 2);
  for (const entry of list) {
    if ((entry.third !== third && entry.term.length > 2) || !text.startsWith(entry.term, at)) continue;
    if (entry.isStem || isGlued || !isWordUnit(text.charCodeAt(at + entry.term.length))) return entry;
  }
  return undefined;
}

function skipWord(text: string, from: number, isGlued: boolean): number {
  let at = from;
  while (!isGlued && isWordUnit(text.charCodeAt(at))) at += 1;
  return at;
}

/** Letters, digits, the underscore; NaN past the end is none. */
function isWordUnit(unit: number): boolean {
  if (unit < 0x80)
    return (
      (unit >= 0x61 && unit <= 0x7a) ||
      (unit >= 0x30 && unit <= 0x39) ||
      unit === 0x5f ||
      (unit >= 0x41 && unit <= 0x5a)
    );
  return unit >= 0x80 && WORD.test(String.fromCharCode(unit));
}

/** A full stop ends a sentence when a blank follows; so does an empty line. */
function isSentenceEnd(text: string, at: number): boolean {
  const letter = text.charAt(at);
  if (letter === "\n") return text.charAt(at + 1) === "\n";
  if (letter === "." || letter === "!" || letter === "?" || letter === ";")
    return at + 1 >= text.length || text.charAt(at + 1) <= " ";
  return letter === "。" || letter === "！" || letter === "？" || letter === "؟" || letter === "।";
}

function countBlanks(term: string): number {
  let count = 0;
  for (let at = term.indexOf(" "); at !== -1; at = term.indexOf(" ", at + 1)) count += 1;
  return count;
}
