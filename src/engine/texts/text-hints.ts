// What a text holds at all, from one look at its characters: most searches need a word or a sign that most texts do not
// hold, and then they are not made. A hint that is given says nothing yet; one that is not given rules its searches out.
import { createLiteralSet } from "./literal-set.ts";

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

/** Hints for which other scripts have literals of their own: they are given in every text that is not ASCII. */
const BEYOND_ASCII: ReadonlySet<Hint> = new Set(["birth", "germanStreet"]);

const NAMES = Object.keys(HINT_LITERALS) as readonly Hint[];
const PLACES = Object.fromEntries(NAMES.map((name, place) => [name, place])) as Readonly<
  Record<Hint, number>
>;
const set = createLiteralSet(Object.values(HINT_LITERALS));

/** Bits of kinds of characters. Those of digits, letters and signs that stand for letters are neighbours: see `hintsOf`. */
const KIND = { digit: 0x100, letter: 0x200, sign: 0x400, capital: 0x800, separator: 0x1000 } as const;
const SEPARATOR_SHIFT = 12;
const COLUMN = 0xff;

/** By unit of ASCII: its kinds, and in the lower bits its column. */
const CLASSES = Uint16Array.from({ length: 0x80 }, (_, unit) => {
  const letter = String.fromCharCode(unit);
  let kinds = set.columns[unit] as number;
  if (/\d/.test(letter)) kinds |= KIND.digit;
  if (/[a-z]/i.test(letter)) kinds |= KIND.letter;
  if (/[0134578@$!|]/.test(letter)) kinds |= KIND.sign;
  if (/[A-Z]/.test(letter)) kinds |= KIND.capital;
  if (/[ .\-_*/|~]/.test(letter)) kinds |= KIND.separator;
  return kinds;
});

export interface TextHints {
  readonly isAscii: boolean;
  readonly hasDigit: boolean;
  /** A capital letter of ASCII, or anything beyond it. */
  readonly mayHaveCapital: boolean;
  /** A digit right behind a letter. */
  readonly hasNumbered: boolean;
  /** A letter beside a digit or a sign that can stand for one. */
  readonly hasSigned: boolean;
  /** Three separators with one character between two. */
  readonly hasSpread: boolean;
  /** As many characters without a blank as WORD_LENGTH. */
  readonly hasLongWord: boolean;
  has(hint: Hint): boolean;
  hasAll(hints: readonly Hint[]): boolean;
}

/** The shortest secret that no word gives away, and less than any text that is encoded or written without blanks. */
export const WORD_LENGTH = 12;

/** One pass. */
export function hintsOf(text: string): TextHints {
  const { next, completes, groups } = set;
  const holds = new Uint8Array(NAMES.length);
  let units = 0;
  let kinds = 0;
  let pairs = 0;
  let last = 0;
  let separators = 0;
  let spread = 0;
  let state = 0;
  for (let at = 0; at < text.length; at += 1) {
    const unit = text.charCodeAt(at);
    units |= unit;
    const kind = unit < 0x80 ? (CLASSES[unit] as number) : 0;
    kinds |= kind;
    // A letter before a digit gives the digit's bit, a letter beside a sign the letter's or the sign's.
    pairs |= ((last << 1) | (last >> 1)) & kind;
    last = kind;
    separators = (separators << 1) | (kind >> SEPARATOR_SHIFT);
    spread |= separators & (separators >> 2) & (separators >> 4);
    state = next[state + (kind & COLUMN)] as number;
    const done = completes[state] as number;
    if (done !== 0) for (const group of groups[done] as readonly number[]) holds[group] = 1;
  }
  const hasLongWord = hasRun(text, NO_BLANK, WORD_LENGTH);
  return new FoundHints(holds, units < 0x80, kinds, pairs, (spread & 1) !== 0, hasLongWord);
}

class FoundHints implements TextHints {
  readonly isAscii: boolean;
  readonly hasDigit: boolean;
  readonly mayHaveCapital: boolean;
  readonly hasNumbered: boolean;
  readonly hasSigned: boolean;
  readonly hasSpread: boolean;
  readonly hasLongWord: boolean;
  readonly #holds: Uint8Array;

  constructor(
    holds: Uint8Array,
    isAscii: boolean,
    kinds: number,
    pairs: number,
    hasSpread: boolean,
    hasLongWord: boolean,
  ) {
    this.isAscii = isAscii;
    this.hasDigit = (kinds & KIND.digit) !== 0;
    this.mayHaveCapital = !isAscii || (kinds & KIND.capital) !== 0;
    this.hasNumbered = (pairs & KIND.digit) !== 0;
    this.hasSigned = (pairs & (KIND.letter | KIND.sign)) !== 0;
    this.hasSpread = hasSpread;
    this.hasLongWord = hasLongWord;
    this.#holds = holds;
  }

  has(hint: Hint): boolean {
    return this.#holds[PLACES[hint]] === 1 || (!this.isAscii && BEYOND_ASCII.has(hint));
  }

  hasAll(hints: readonly Hint[]): boolean {
    for (const hint of hints) if (!this.has(hint)) return false;
    return true;
  }
}

/** By unit of ASCII whether it is of a class; what is beyond ASCII is counted as of it. */
export type UnitClass = Uint8Array;

/** `letters`: a regular expression of one character. */
export function createUnitClass(letters: RegExp): UnitClass {
  return Uint8Array.from({ length: 0x80 }, (_, unit) => (letters.test(String.fromCharCode(unit)) ? 1 : 0));
}

const NO_BLANK = createUnitClass(/[^\0- ]/);

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
