// What no target can be without, from one look at the characters of a string: nearly all strings are words or sentences, and
// reading one as URL, host and text with hosts in it costs microseconds.
import { isUnmistakableName } from "../addresses/classify-name.ts";
import { HOST_PROGRAMS } from "./scan-text.ts";

const SIGN = {
  /** A letter or a digit. */
  none: 0,
  /** A sign whose place tells: between words `and/or`, at their end `Note: this.` it is of prose. */
  blank: 1,
  fullStop: 2,
  colon: 3,
  slash: 4,
  /** Of a host or a URL, but of no word in prose. */
  single: 5,
  /** Of prose as well as of anything else. */
  other: 6,
  /** Never of prose alone. */
  any: 7,
} as const;

/** By unit of ASCII whether it is of a word. */
const WORD = Uint8Array.from({ length: 0x80 }, (_, unit) =>
  /[A-Za-z0-9_-]/.test(String.fromCharCode(unit)) ? 1 : 0,
);
const SIGNS = Uint8Array.from({ length: 0x80 }, (_, unit) => {
  const letter = String.fromCharCode(unit);
  if (letter === " ") return SIGN.blank;
  if (letter === ".") return SIGN.fullStop;
  if (letter === ":") return SIGN.colon;
  if (letter === "/") return SIGN.slash;
  if (/[@?#[\]\n\r]/.test(letter)) return SIGN.single;
  if (/[A-Za-z0-9]/.test(letter)) return SIGN.none;
  return unit < 0x20 || unit === 0x7f || /[%\\=]/.test(letter) ? SIGN.any : SIGN.other;
});

/**
 * Whether `text` surely holds no target where nothing says that one is meant. False: it must be read. Blanks part the words of
 * prose, in which only joined words are hosts; without one the whole could be a host.
 */
export function holdsNoTarget(text: string): boolean {
  const whole = text.trim();
  let word = 0;
  let hasBlank = false;
  let hasSign = false;
  for (let at = 0; at < whole.length; at += 1) {
    const unit = whole.charCodeAt(at);
    const sign = unit < 0x80 ? (SIGNS[unit] as number) : SIGN.any;
    if (sign === SIGN.none) continue;
    if (sign === SIGN.any || !isOfProse(whole, at, sign)) return false;
    if (sign === SIGN.blank) {
      if (mayBeProgram(whole, word, at)) return false;
      hasBlank = true;
    } else if (sign !== SIGN.other) hasSign = true;
    word = at + 1;
  }
  return hasBlank || !(hasSign || isUnmistakableName(whole.toLowerCase()));
}

/** What a sign says of a line in which nothing says that a target is meant. */
export const SIGN_SAYS = { nothing: 0, wholeLine: 1, target: 2 } as const;

/** Whether a unit of ASCII, no blank and no end of a line, could be of a target. */
export function isTargetSign(unit: number): boolean {
  const sign = SIGNS[unit] as number;
  return sign === SIGN.any || (sign >= SIGN.fullStop && sign <= SIGN.single && unit !== 0x0a);
}

/**
 * Of such a sign in a text of lines, as `holdsNoTarget` judges each. `wholeLine`: it could be a target where no blank parts
 * words. A decimal number alone is no host.
 */
export function judgeSign(text: string, at: number): number {
  const sign = SIGNS[text.charCodeAt(at)] as number;
  if (sign === SIGN.fullStop && isDecimalPoint(text, at)) return SIGN_SAYS.nothing;
  return sign === SIGN.any || !isOfProse(text, at, sign) ? SIGN_SAYS.target : SIGN_SAYS.wholeLine;
}

/** Between digits with a blank or the end of a line on both sides. */
function isDecimalPoint(text: string, at: number): boolean {
  let first = at - 1;
  while (isDigit(text.charCodeAt(first))) first -= 1;
  let last = at + 1;
  while (isDigit(text.charCodeAt(last))) last += 1;
  if (first === at - 1 || last === at + 1) return false;
  return !(text.charCodeAt(first) > 0x20 || text.charCodeAt(last) > 0x20);
}

function isDigit(unit: number): boolean {
  return unit >= 0x30 && unit <= 0x39;
}

/** Lengths of the names of programs with their last two letters. */
const PROGRAMS: ReadonlySet<number> = new Set(HOST_PROGRAMS.map((name) => programKey(name, 0, name.length)));

function mayBeProgram(text: string, from: number, to: number): boolean {
  return to - from > 1 && PROGRAMS.has(programKey(text, from, to));
}

function programKey(text: string, from: number, to: number): number {
  return ((to - from) << 16) | ((text.charCodeAt(to - 2) | 0x20) << 8) | text.charCodeAt(to - 1) | 0x20;
}

/** Whether the sign at `at` could stand so in prose. */
function isOfProse(text: string, at: number, sign: number): boolean {
  const next = text.charCodeAt(at + 1);
  switch (sign) {
    case SIGN.fullStop:
      return !isOfWord(next);
    case SIGN.colon:
      return next === 0x20;
    case SIGN.slash: {
      // `localhost/` stands for itself; two slashes, and one at the start of a word, begin a host.
      const before = text.charCodeAt(at - 1);
      return isOfWord(next) && isOfWord(before) && (before | 0x20) !== 0x74 && (before | 0x20) !== 0x6b;
    }
    default:
      return true;
  }
}

/** Outside of the text the unit is NaN, which is of none. */
function isOfWord(unit: number): boolean {
  return unit < 0x80 && WORD[unit] === 1;
}
