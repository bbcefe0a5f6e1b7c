// What a text holds at all, from one look at its characters: most searches need a word or a sign that most texts do not
// hold, and then they are not made. A hint that is given says nothing yet; one that is not given rules its searches out.

import { HOST_PROGRAMS } from "../network/scan-text.ts";
import { isTargetSign, judgeSign, SIGN_SAYS } from "../network/target-signs.ts";
import { learnedWeigher } from "./injection/learned/learned-weigher.ts";
import { hashNext } from "./injection/learned/read-tokens.ts";
import { NEEDED } from "./injection/learned/weights.ts";
import { isMixedUp, MIXED_MAX_LENGTH, MIXED_MIN_LENGTH, mayBeMixedUp } from "./injection/order-letters.ts";
import { createLiteralSet } from "./literal-set.ts";
import { BEFORE, BEYOND, unitsOf } from "./text-units.ts";

/** Literals by hint: one of them must stand in the text, in upper or lower case. */
export const HINT_LITERALS = {
  // Signs.
  quote: ['"', "'", "`"],
  hash: ["#"],
  colon: [":"],
  setting: [":", "=", ">"],
  percent: ["%"],
  escape: ["\\", "&"],
  bracket: ["[", "---", "===", "**", "(", "<<<", "###"],
  template: ["<|", "[inst", "[/inst", "<<", "_of_turn", "header_start", "header_end"],
  closingTag: ["</"],
  image: ["!["],
  command: ["$(", "`"],
  // Words of orders in the form of markup.
  openingTag: ["<system", "<developer", "<admin", "<important", "<information", "<instruction", "<override"],
  authority: ["system", "admin", "developer", "root", "operator", "privileged", "security"],
  role: ['"role"'],
  speaker: ["human:", "user:", "assistant:"],
  override: ["ignore", "disregard", "forget", "bypass", "override"],
  newSystem: ["new system"],
  yourself: ["yourself"],
  mark: ["mark"],
  usage: ["usage"],
  removal: ["-rf", "-fr"],
  safety: [
    ..."safe filter moderation guard restriction censorship refusal content ethics alignment disclaimer".split(
      " ",
    ),
  ],
  allow: ["allow"],
  blocked: ["blocked"],
  download: ["curl", "wget", "fetch", "nc"],
  files: [".ssh", "/etc/", ".env", ".aws", "environ"],
  persona: ["dan", "stan", "aim", "jailbr"],
  mode: ["mode"],
  jailbreak: [
    "do anything now",
    "developer mode",
    "god mode",
    "dan mode",
    "sudo mode",
    "debug mode",
    "unrestricted mode",
    "unfiltered mode",
    "jailbreak",
  ],
  // Disguises.
  backwards: [
    ..."erongi snoitcurtsni suoiverp tpmorp drowssap drager snoitcirtser senilediug laever selur edirrevo terces tegrof".split(
      " ",
    ),
    ..."vtaber vafgehpgvba cerivbhf flfgrz cnffjbeq qvfertneq sbetrg cebzcg".split(" "),
  ],
  tag: ["</", "<br", "<wbr", "<!--"],
  morse: ["- .", ". -"],
  cipher: ["caesar", "cipher", "shift", "rot", "decrypt", "decipher", "decode"],
  joining: ["+", "concat", "combin", "join", "append", "together", "followed by", "assemble", "merge"],
  // Secrets.
  telling: ["pass", "pwd", "secret", "token", "key", "credential", "auth", "bearer", "basic", "curl"],
  /** A word for a token that is no more than part of most words. */
  pat: ["pat"],
  scheme: [":/"],
  container: ["{", "[", '"'],
  // Targets: names of the own machine, and programs whose arguments are hosts.
  ownName: ["localhost", "loopback", "instance-data", "rancher-metadata"],
  program: HOST_PROGRAMS.map((name) => `${name} `),
  // Personal data.
  at: ["@"],
  spelledAt: ["[at", "(at", "{at"],
  birth: [
    "birth",
    "born",
    "dob",
    "geb",
    "naiss",
    "nacim",
    "nacid",
    "nasc",
    "nato il",
    "nata il",
    "urodz",
    "syntym",
  ],
  germanStreet: ["strasse", "str.", "weg", "platz", "allee", "gasse"],
  romanceStreet: ["rue", "avenue", "boulevard", "place", "calle", "via", "rua", "avenida"],
} as const satisfies Readonly<Record<string, readonly string[]>>;

export type Hint = keyof typeof HINT_LITERALS;

const NAMES = Object.keys(HINT_LITERALS) as readonly Hint[];
const PLACES = Object.fromEntries(NAMES.map((name, place) => [name, place])) as Readonly<
  Record<Hint, number>
>;
const set = createLiteralSet(Object.values(HINT_LITERALS));

/** Hints for which other scripts have literals of their own: they are given in every text that is not ASCII. */
const BEYOND_ASCII = bitsOfHints(["birth", "germanStreet"]);

/** Bits of kinds of characters. */
const KIND = {
  digit: 0x100,
  letter: 0x200,
  sign: 0x400,
  capital: 0x800,
  separator: 0x1000,
  /** Of words that are weighed; other signs that are seen are weighed each. */
  word: 0x2000,
  /** Perhaps of a host. */
  target: 0x4000,
  /** Between two numbers. */
  parting: 0x8000,
  /** A blank or the end of a line. */
  gap: 0x1_0000,
  /** What is not ASCII. */
  beyond: 0x2_0000,
  /** No part of a word, and not blank. */
  mark: 0x4_0000,
} as const;
const PARTING_SHIFT = 15;
const MARK_SHIFT = 18;
const NO_LETTER = KIND.digit | KIND.separator;
/** Of a word that is more than digits. */
const NO_NUMBER = KIND.letter | KIND.separator;
const COLUMN = 0xff;

/** By unit: its kinds, and in the lower bits its column. What is beyond ASCII has neither. */
const CLASSES = new Int32Array(0x100);
for (let unit = 0; unit < BEYOND; unit += 1) {
  const letter = String.fromCharCode(unit);
  let kinds = set.columns[unit] as number;
  if (/\d/.test(letter)) kinds |= KIND.digit;
  if (/[a-z]/i.test(letter)) kinds |= KIND.letter;
  if (/[0134578@$!|]/.test(letter)) kinds |= KIND.sign;
  if (/[A-Z]/.test(letter)) kinds |= KIND.capital;
  if (/[ .\-_*/|~]/.test(letter)) kinds |= KIND.separator;
  if (/\w/.test(letter)) kinds |= KIND.word;
  else if (/\S/.test(letter)) kinds |= KIND.mark;
  if (isTargetSign(unit)) kinds |= KIND.target;
  if (unit > 0x39 || unit === 0x2c || unit === 0x0a) kinds |= KIND.parting;
  if (unit === 0x20 || unit === 0x0a) kinds |= KIND.gap;
  CLASSES[unit] = kinds;
}
CLASSES.fill(KIND.parting | KIND.beyond, BEYOND);

/** What a text could hold: of an empty one, nothing. */
export class TextHints {
  isAscii = true;
  hasDigit = false;
  /** A capital letter of ASCII, or anything beyond it. */
  mayHaveCapital = false;
  /** A digit right behind a letter. */
  hasNumbered = false;
  /** A letter beside a digit or a sign that can stand for one. */
  hasSigned = false;
  /** Three separators with one character between two. */
  hasSpread = false;
  /** As many characters without a blank as WORD_LENGTH. */
  hasLongWord = false;
  /** A word of an order with its letters mixed up. */
  hasMixedUp = false;
  /** Most digits that stand together, with nothing but blanks and signs between them, in one line. */
  digitsTogether = 0;
  /** A line that could hold a target where nothing says that one is meant. */
  mayHoldTarget = false;
  /** Its words could together be an order: surely so in ASCII, unknown beyond it. */
  mayBeOrder = false;
  /** Bits of hints by their place: up to 31, and from 32 on. */
  low = 0;
  high = 0;

  has(hint: Hint): boolean {
    const place = PLACES[hint];
    return ((place < 32 ? this.low >>> place : this.high >>> (place - 32)) & 1) === 1;
  }

  hasAll({ low, high }: HintBits): boolean {
    return (this.low & low) === low && (this.high & high) === high;
  }
}

/** Several hints, to be asked for together. */
export interface HintBits {
  readonly low: number;
  readonly high: number;
}

export function bitsOfHints(hints: readonly Hint[]): HintBits {
  let low = 0;
  let high = 0;
  for (const hint of hints)
    if (PLACES[hint] < 32) low |= 1 << PLACES[hint];
    else high |= 1 << (PLACES[hint] - 32);
  return { low, high };
}

/** The shortest secret that no word gives away, and less than any text that is encoded or written without blanks. */
export const WORD_LENGTH = 12;

/** Hashes of the tokens of a text, while it is looked at. Longer texts get room of their own. */
const kept = new Int32Array(16_384);

/** One pass over the units of the text, side by side: they are read several times faster there than in it. */
export function hintsOf(text: string): Readonly<TextHints> {
  const { next, firstDone, lows, highs } = set;
  let tokens = 0;
  const hashes = text.length < kept.length ? kept : new Int32Array(text.length + 1);
  const hints = new TextHints();
  const units = unitsOf(text);
  const end = BEFORE + text.length;
  let low = 0;
  let high = 0;
  let kinds = 0;
  let state = 0;
  let digits = 0;
  let blank = BEFORE - 1;
  let line = 0;
  // What differs from word to word is computed rather than branched on, and nothing is called within a word: both are slow where
  // every few units end one. Behind the last unit a line ends.
  for (let at = BEFORE; at <= end; at += 1) {
    const start = at;
    let hash = 0;
    let ofWord = 0;
    let unit = units[at] as number;
    let kind = CLASSES[unit] as number;
    while ((kind & KIND.word) !== 0) {
      state = next[state + (kind & COLUMN)] as number;
      if (state >= firstDone) {
        low |= lows[state] as number;
        high |= highs[state] as number;
      }
      hash = hashNext(hash, unit);
      ofWord |= kind;
      at += 1;
      unit = units[at] as number;
      kind = CLASSES[unit] as number;
    }
    state = next[state + (kind & COLUMN)] as number;
    if (state >= firstDone) {
      low |= lows[state] as number;
      high |= highs[state] as number;
    }
    kinds |= kind | ofWord;
    if (at > start) {
      hashes[tokens++] = hash;
      if ((ofWord & NO_LETTER) !== 0) digits = addWord(hints, text, units, start, at, ofWord, digits);
      else {
        digits = 0;
        if (at - start > MIXED_MAX_LENGTH || mayBeMixedUp(units[start] as number, units[at - 1] as number))
          addMixedUp(hints, text, start, at, true);
      }
    }
    // No branch: the next token takes the place of what is none.
    hashes[tokens] = hashNext(0, unit);
    tokens += (kind & KIND.mark) >>> MARK_SHIFT;
    digits &= ((kind & KIND.parting) >>> PARTING_SHIFT) - 1;
    const before = CLASSES[units[at - 2] as number] as number;
    if ((kind & before & (CLASSES[units[at - 4] as number] as number) & KIND.separator) !== 0)
      hints.hasSpread = true;
    if (unit <= 0x20) {
      if (at - blank > WORD_LENGTH) hints.hasLongWord = true;
      blank = at;
    }
    if ((kind & KIND.gap) === 0) line = readSign(hints, text, units, at, line);
    else {
      if (line === LINE.isSigned && unit === 0x0a) hints.mayHoldTarget = true;
      // A blank parts the line, its end begins another.
      line = (line | LINE.isParted) & (0 - (unit >>> 5));
    }
  }
  hints.low = low;
  hints.high = high;
  hints.mayBeOrder = learnedWeigher().weigh(hashes, tokens).weight >= NEEDED;
  addKinds(hints, kinds);
  return hints;
}

function addKinds(hints: TextHints, kinds: number): void {
  const isAscii = (kinds & KIND.beyond) === 0;
  hints.isAscii = isAscii;
  hints.hasDigit = (kinds & KIND.digit) !== 0;
  hints.mayHaveCapital = !isAscii || (kinds & KIND.capital) !== 0;
  if (isAscii) return;
  hints.low |= BEYOND_ASCII.low;
  hints.high |= BEYOND_ASCII.high;
  hints.mayBeOrder = true;
}

/** What is told of a line so far. */
const LINE = { isParted: 1, isSigned: 2 } as const;

/** Reads a unit between words that is neither a blank nor the end of a line; what is told of the line then. */
function readSign(hints: TextHints, text: string, units: Uint8Array, at: number, line: number): number {
  if (hasKind(units, at, KIND.sign) && (isLetterAt(units, at - 1) || isLetterAt(units, at + 1)))
    hints.hasSigned = true;
  if (!hasKind(units, at, KIND.target)) return line;
  const says = judgeSign(text, at - BEFORE);
  if (says === SIGN_SAYS.target) hints.mayHoldTarget = true;
  return says === SIGN_SAYS.wholeLine ? line | LINE.isSigned : line;
}

/** A word with a digit or a separator in it; how many digits stand together then, `digits` before it. */
function addWord(
  hints: TextHints,
  text: string,
  units: Uint8Array,
  start: number,
  end: number,
  kinds: number,
  digits: number,
): number {
  if ((kinds & NO_NUMBER) === 0) {
    const together = digits + end - start;
    if (together > hints.digitsTogether) hints.digitsTogether = together;
    return together;
  }
  addMixedUp(hints, text, start, end, false);
  if ((kinds & KIND.separator) !== 0)
    for (let at = start; at < end; at += 1)
      if (hasKind(units, at, KIND.separator)) addSeparator(hints, units, at);
  return (kinds & KIND.digit) === 0 ? 0 : addDigits(hints, units, start, end, digits);
}

function addMixedUp(hints: TextHints, text: string, start: number, end: number, isPlain: boolean): void {
  if (!hints.hasMixedUp && end - start >= MIXED_MIN_LENGTH)
    hints.hasMixedUp = isMixedUp(text, start - BEFORE, end - BEFORE, isPlain);
}

/** A word with digits in it; how many stand together at its end, `before` it as many. */
function addDigits(hints: TextHints, units: Uint8Array, start: number, end: number, before: number): number {
  let together = before;
  for (let at = start; at < end; at += 1) {
    const kind = CLASSES[units[at] as number] as number;
    if ((kind & KIND.digit) === 0) {
      together = 0;
      continue;
    }
    together += 1;
    if (together > hints.digitsTogether) hints.digitsTogether = together;
    if (at > start && isLetterAt(units, at - 1)) {
      hints.hasNumbered = true;
      if ((kind & KIND.sign) !== 0) hints.hasSigned = true;
    }
    if ((kind & KIND.sign) !== 0 && isLetterAt(units, at + 1)) hints.hasSigned = true;
  }
  return together;
}

function isLetterAt(units: Uint8Array, at: number): boolean {
  return hasKind(units, at, KIND.letter);
}

function addSeparator(hints: TextHints, units: Uint8Array, at: number): void {
  if (hasKind(units, at - 2, KIND.separator) && hasKind(units, at - 4, KIND.separator))
    hints.hasSpread = true;
}

function hasKind(units: Uint8Array, at: number, kind: number): boolean {
  return ((CLASSES[units[at] as number] as number) & kind) !== 0;
}

/** By unit of ASCII whether it is of a class; what is beyond ASCII is counted as of it. */
export type UnitClass = Uint8Array;

/** `letters`: a regular expression of one character. */
export function createUnitClass(letters: RegExp): UnitClass {
  return Uint8Array.from({ length: 0x80 }, (_, unit) => (letters.test(String.fromCharCode(unit)) ? 1 : 0));
}

/** Whether so many characters of a class stand in a row. Most texts are seen through at every `length`-th character. */
export function hasRun(text: string, units: UnitClass, length: number): boolean {
  for (let at = length - 1; at < text.length; at += length) {
    let first = at;
    while (first >= 0 && at - first < length && isOf(units, text.charCodeAt(first))) first -= 1;
    if (at === first) continue;
    let last = at + 1;
    while (last < text.length && last - first <= length && isOf(units, text.charCodeAt(last))) last += 1;
    if (last - first > length) return true;
  }
  return false;
}

function isOf(units: UnitClass, unit: number): boolean {
  return unit >= 0x80 || units[unit] === 1;
}
