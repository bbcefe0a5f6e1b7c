// What a hidden order is disguised as: letters that are not seen, letters of other scripts, digits for letters, blanks between
// letters, backwards, rotated, encoded, cut into pieces. Each disguise gives the text under it, to be judged like any other.
import { decodeRun, ENCODED_MIN_LENGTH, ENCODED_RUN, ENCODED_UNITS } from "../decode-run.ts";
import { createUnitClass, hasRun, type TextHints } from "../text-hints.ts";
import { orderLetters } from "./order-letters.ts";
import {
  closeLetters,
  decodeMorse,
  reverseWords,
  shiftLetters,
  splitJoined,
  stripTags,
} from "./unwrap-words.ts";

export interface Disguise {
  readonly kind: "encoded" | "unicode" | "split";
  /** What lies under it. */
  readonly text: string;
  /** Where the disguise stands in the text that came. */
  readonly start: number;
  readonly end: number;
  /** The disguise alone is an attack: nobody writes so by accident. */
  readonly isTelling?: boolean;
}

/** `hints`: of this text. */
export function findDisguises(text: string, hints: TextHints): readonly Disguise[] {
  const found: Disguise[] = [];
  const add = (kind: Disguise["kind"], under: string | undefined): void => {
    if (under !== undefined && under !== text) found.push({ kind, text: under, start: 0, end: text.length });
  };
  if (!hints.isAscii) {
    found.push(...findTags(text), ...findSelectors(text), ...findReversed(text));
    add("unicode", foldLookalikes(text));
  }
  if (hints.hasLongWord && hasRun(text, ENCODED_UNITS, ENCODED_MIN_LENGTH)) found.push(...findEncoded(text));
  if (hints.hasDigit && hasRun(text, NUMBER_UNITS, NUMBERS_MIN_LENGTH) && /\d[\s,;]+\d/.test(text))
    found.push(...findNumbers(text));
  if (hints.has("percent")) add("encoded", decodeCodes(text, /%([0-7][0-9a-f])/gi, 16));
  if (hints.has("escape")) add("encoded", decodeEscapes(text));
  if (hints.hasSigned && /[a-z][0134578@$!|]|[0134578@$|][a-z]/i.test(text)) {
    add("encoded", foldDigits(text, "i"));
    if (text.includes("1")) add("encoded", foldDigits(text, "l"));
  }
  if (!hints.isAscii || (hints.hasSpread && SPREAD.test(text))) {
    add("encoded", joinLetters(text));
    add("encoded", closeLetters(text));
  }
  if (hints.has("backwards")) {
    add("encoded", reverse(text));
    add("encoded", reverseWords(text));
    add("encoded", rotate(text));
  }
  if (hints.hasLongWord && hasRun(text, JOINED_UNITS, JOINED_MIN_LENGTH)) add("encoded", splitJoined(text));
  if (hints.has("tag")) add("encoded", stripTags(text));
  if (hints.has("morse")) add("encoded", decodeMorse(text));
  if (hints.has("cipher")) add("encoded", shiftLetters(text));
  if (hints.hasMixedUp) add("encoded", orderLetters(text));
  if (hints.has("joining") && hints.has("quote")) add("split", joinStrings(text));
  return found;
}

/** Of words without blanks between them, and the fewest letters of five. */
const JOINED_UNITS = createUnitClass(/[A-Za-z_.]/);
const JOINED_MIN_LENGTH = 16;

/** Four single letters in a row, or three and a wider gap. */
const SPREAD = /\b\w[ .\-_*/|~]\w[ .\-_*/|~]\w(?:[ .\-_*/|~]\w\b| {2})/;
/** Tags of Unicode spell ASCII that nobody sees; flags of countries are made of them, too. */
function findTags(text: string): readonly Disguise[] {
  const found: Disguise[] = [];
  for (const { index, 0: run } of text.matchAll(
    /(?<!🏴[\u{e0020}-\u{e007e}]{0,8})[\u{e0020}-\u{e007e}]{3,}/gu,
  )) {
    const hidden = Array.from(run, (letter) =>
      String.fromCharCode((letter.codePointAt(0) ?? 0) - 0xe0000),
    ).join("");
    found.push({ kind: "unicode", text: hidden, start: index, end: index + run.length, isTelling: true });
  }
  return found;
}

/** Variation selectors behind one another carry bytes; one alone chooses a form. */
function findSelectors(text: string): readonly Disguise[] {
  const found: Disguise[] = [];
  for (const { index, 0: run } of text.matchAll(/[\ufe00-\ufe0f\u{e0100}-\u{e01ef}]{4,}/gu)) {
    const hidden = Array.from(run, (letter) => {
      const code = letter.codePointAt(0) ?? 0;
      return String.fromCharCode(code >= 0xe0100 ? code - 0xe0100 + 16 : code - 0xfe00);
    }).join("");
    found.push({ kind: "unicode", text: hidden, start: index, end: index + run.length, isTelling: true });
  }
  return found;
}

/** What is written right to left by an override is read backwards. */
function findReversed(text: string): readonly Disguise[] {
  return Array.from(
    text.matchAll(/[\u202d\u202e\u2067]([^\u202c\u2069\n]{3,2000})/g),
    ({ index, 0: all, 1: run = "" }) => ({
      kind: "unicode" as const,
      text: reverse(run),
      start: index,
      end: index + all.length,
    }),
  );
}

const LOOKALIKES: ReadonlyMap<string, string> = new Map(
  (
    "аa еe оo рp сc хx уy іi ѕs јj ԁd ԛq ԝw һh ӏl кk мm тt нh вb гr пn иu АA ЕE ОO РP СC ХX УY ІI ЅS КK МM ТT НH ВB αa εe οo ρp νv ιi κk τt υu χx ηn ωw σo " +
    "ΑA ΕE ΟO ΡP ΝN ΙI ΚK ΤT ΥY ΧX ΗH ΜM ΒB ΖZ ɑa ɡg ɩi ʟl ɴn ʀr ɪi ꜱs ᴀa ʙb ᴄc ᴅd ᴇe ғf ɢg ʜh ᴊj ᴋk ᴍm ᴏo ᴘp ᴛt ᴜu ᴠv ᴡw ʏy ᴢz øo łl đd ħh ŧt"
  )
    .split(" ")
    .map((pair) => [pair.charAt(0), pair.slice(1)]),
);
const MIXED_WORD = /[\p{L}\p{N}]+/gu;

/** Words of Latin and look-alike letters become Latin; words of one script stay. */
function foldLookalikes(text: string): string {
  return text.normalize("NFKC").replace(MIXED_WORD, (word) => {
    const isSmallCapitals = /[\u1d00-\u1d22\u0262\u026a\u0274\u0280\u0299\u029c\u029f\ua731]/.test(word);
    if (!isSmallCapitals && (!/[a-z]/i.test(word) || !/[\u0370-\u03ff\u0400-\u052f\u0250-\u02af]/.test(word)))
      return word;
    return Array.from(word, (letter) => LOOKALIKES.get(letter) ?? letter).join("");
  });
}

function findEncoded(text: string): readonly Disguise[] {
  const found: Disguise[] = [];
  for (const { index, 0: run } of text.matchAll(ENCODED_RUN)) {
    const under = decodeRun(run);
    if (under !== undefined)
      found.push({ kind: "encoded", text: under, start: index, end: index + run.length });
  }
  return found;
}

/** Characters that bytes written as numbers are made of, and the fewest that findNumbers finds. */
const NUMBER_UNITS = createUnitClass(/[0-9a-fx\s,]/i);
const NUMBERS_MIN_LENGTH = 26;

/** Bytes as numbers: 69 67 6e 6f 72 65, 01101001 … */
function findNumbers(text: string): readonly Disguise[] {
  const found: Disguise[] = [];
  for (const { index, 0: run } of text.matchAll(
    /(?<![\w])(?:(?:0x)?[0-7][0-9a-f][\s,]{1,2}){8,}(?:0x)?[0-7][0-9a-f](?!\w)/gi,
  )) {
    const under = run.replace(/(?:0x)?([0-7][0-9a-f])[\s,]*/gi, (_all, code: string) => letterOf(code, 16));
    found.push({ kind: "encoded", text: under, start: index, end: index + run.length });
  }
  for (const { index, 0: run } of text.matchAll(
    /(?<![\d.])(?:(?:3[2-9]|[4-9]\d|1[01]\d|12[0-6]|10)[\s,;]{1,2}){8,}(?:3[2-9]|[4-9]\d|1[01]\d|12[0-6])(?![\d.])/g,
  )) {
    const under = run.replace(/(\d{2,3})[\s,;]*/g, (_all, code: string) => letterOf(code, 10));
    found.push({ kind: "encoded", text: under, start: index, end: index + run.length });
  }
  for (const { index, 0: run } of text.matchAll(/(?<!\d)(?:0[01]{7}\s{0,2}){8,}/g)) {
    const under = run.replace(/([01]{8})\s*/g, (_all, code: string) => letterOf(code, 2));
    found.push({ kind: "encoded", text: under, start: index, end: index + run.length });
  }
  return found;
}

function letterOf(code: string, radix: number): string {
  return String.fromCharCode(Number.parseInt(code, radix));
}

function decodeCodes(text: string, pattern: RegExp, radix: number): string {
  return text.replace(pattern, (_all, code: string) => letterOf(code, radix));
}

function decodeEscapes(text: string): string {
  const plain = decodeCodes(text, /\\+u00([0-7][0-9a-f])/gi, 16);
  const bytes = decodeCodes(plain, /\\+x([0-7][0-9a-f])/gi, 16);
  const numbers = decodeCodes(bytes, /&#x0{0,4}([0-7][0-9a-f]);/gi, 16);
  return decodeCodes(numbers, /&#0{0,4}(\d{2,3});/g, 10);
}

const DIGITS: Readonly<Record<string, string>> = {
  "0": "o",
  "3": "e",
  "4": "a",
  "5": "s",
  "7": "t",
  "8": "b",
  "@": "a",
  $: "s",
  "!": "i",
  "+": "t",
  "|": "i",
};

/** Digits among letters become letters; `one` says what 1 stands for. Numbers stay. Undefined when hardly anything changed. */
function foldDigits(text: string, one: "i" | "l"): string | undefined {
  let changed = 0;
  const under = text.replace(/[\w@$!|]{3,}/g, (word) => {
    if (!/[a-z]/i.test(word) || !/[0134578@$!|]/.test(word)) return word;
    const folded = word.replace(/[1034578@$|]|!(?=\w)/g, (sign) =>
      sign === "1" ? one : (DIGITS[sign] ?? sign),
    );
    if (folded !== word) changed += 1;
    return folded;
  });
  return changed >= 2 ? under : undefined;
}

/** `i g n o r e` and `i-g-n-o-r-e`: single letters in a row are a word; words of such letters stand further apart. */
function joinLetters(text: string): string | undefined {
  const pattern = /(?<![\p{L}\p{N}])\p{L}(?:([ .\-_*/|~·•])\p{L}(?!\p{L})){3,}/gu;
  let changed = false;
  const under = text.replace(pattern, (run, separator: string) => {
    changed = true;
    return run.replaceAll(separator, "");
  });
  return changed ? `${under} ${spreadWords(under)}` : undefined;
}

const GLUED_WORDS =
  /ignore|disregard|forget|bypass|override|reveal|print|show|repeat|output|all|any|the|your|my|previous|prior|above|earlier|preceding|system|prompt|instructions?|rules|guidelines|hidden|secret|password|apikey|key|everything|and|me/g;

/** Letters that stood equally far apart have lost the borders of their words. */
function spreadWords(text: string): string {
  return text.replace(/[a-z]{12,}/gi, (word) => word.toLowerCase().replace(GLUED_WORDS, " $& "));
}

function reverse(text: string): string {
  return Array.from(text).reverse().join("");
}

/** ROT13 */
function rotate(text: string): string {
  return text.replace(/[a-z]/gi, (letter) => {
    const base = letter <= "Z" ? 65 : 97;
    return String.fromCharCode(((letter.charCodeAt(0) - base + 13) % 26) + base);
  });
}

/** Pieces in quotes that the text wants put together. */
function joinStrings(text: string): string | undefined {
  const pieces = Array.from(
    text.matchAll(/"([^"\n]{1,400})"|'([^'\n]{1,400})'|`([^`\n]{1,400})`/g),
    (match) => match[1] ?? match[2] ?? match[3] ?? "",
  );
  return pieces.length > 1 && pieces.length < 64 ? `${pieces.join("")}\n\n${pieces.join(" ")}` : undefined;
}
