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
  readonly concepts: number;
  /** Any ending may follow. */
  readonly isStem: boolean;
}

/** The longest entries first. */
interface Index {
  /** By their first word, where it is a whole one. */
  readonly byWord: ReadonlyMap<string, readonly Entry[]>;
  /** By their first two characters: stems, scripts without blanks, names that start with no letter. */
  readonly byStart: ReadonlyMap<number, readonly Entry[]>;
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

let index: Index | undefined;

/** Made when first needed. */
function getIndex(): Index {
  if (index !== undefined) return index;
  const masks = new Map<string, number>();
  for (const lexicon of LEXICONS)
    for (const concept of CONCEPTS)
      for (const source of lexicon[concept]?.split("|") ?? []) {
        const term = Array.from(source.toLowerCase(), normalizeLetter).join("");
        if (term.length > 1) masks.set(term, (masks.get(term) ?? 0) | CONCEPT[concept]);
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
  index = { byWord, byStart };
  return index;
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
  const { byWord, byStart } = getIndex();
  const hits: ConceptHit[] = [];
  let word = 0;
  let sentence = 0;
  for (let at = 0; at < text.length; ) {
    const unit = text.charCodeAt(at);
    const isGlued = unit > 0xdff && GLUED.test(text.charAt(at));
    if (!isGlued && !isWordUnit(unit)) {
      if (unit !== 0x20 && isSentenceEnd(text, at)) sentence += 1;
      // .env and /etc/passwd start with no letter.
      const isName = (unit === 0x2e || unit === 0x2f) && !isWordUnit(text.charCodeAt(at - 1));
      if (!isName) {
        at += 1;
        continue;
      }
    }
    word += isGlued ? 0.5 : 1;
    const next = isGlued ? at + 1 : skipWord(text, at + 1);
    const whole = isGlued ? undefined : findEntry(byWord.get(text.slice(at, next)), text, at, false);
    const start = findEntry(byStart.get(keyAt(text, at)), text, at, isGlued);
    const entry = (whole?.term.length ?? 0) >= (start?.term.length ?? 0) ? whole : start;
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

function findEntry(
  list: readonly Entry[] | undefined,
  text: string,
  at: number,
  isGlued: boolean,
): Entry | undefined {
  if (list === undefined) return undefined;
  for (const entry of list) {
    if (!text.startsWith(entry.term, at)) continue;
    if (entry.isStem || isGlued || !isWordUnit(text.charCodeAt(at + entry.term.length))) return entry;
  }
  return undefined;
}

function skipWord(text: string, from: number): number {
  let at = from;
  while (isWordUnit(text.charCodeAt(at))) at += 1;
  return at;
}

/** Of ASCII: letters, digits, the underscore. */
const ASCII_WORD = Uint8Array.from({ length: 0x80 }, (_, unit) =>
  /\w/.test(String.fromCharCode(unit)) ? 1 : 0,
);

/** Whether a word goes on; NaN past the end is none. In glued scripts every character is looked up for itself. */
function isWordUnit(unit: number): boolean {
  if (unit < 0x80) return ASCII_WORD[unit] === 1;
  return unit >= 0x80 && isWordLetter(String.fromCharCode(unit));
}

function isWordLetter(letter: string): boolean {
  return WORD.test(letter) && !GLUED.test(letter);
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
