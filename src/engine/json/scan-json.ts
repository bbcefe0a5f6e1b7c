// Reads most JSON in one pass over its bytes without making its values: what is asked of nearly every document is its names, its
// texts and its canonical form, and these are written while it is read. It never refuses: what it is not sure of it leaves to
// parse-json.ts, which also says what is wrong with a text. Any change of what is JSON here must be made there too.
import type { JsonCaps } from "./json-caps.ts";
import { beginText, findName } from "./known-names.ts";
import { compareNames, orderMembers } from "./order-members.ts";
import { codeAt, writeCode, writeString } from "./write-code.ts";

/** See JsonDocument. */
export interface ScannedJson {
  readonly isObject: boolean;
  readonly names: readonly string[];
  readonly lines: string;
  readonly canonical: string;
}

/** By unit whether it stands for itself in a string. */
const IS_PLAIN = Uint8Array.from({ length: 0x100 }, (_, unit) =>
  unit < 0x20 || unit === 0x22 || unit === 0x5c ? 0 : 1,
);
/** By the letter of an escape, what it stands for; 0: left to the other reader. */
const ESCAPED = new Uint8Array(0x100);
for (const [at, letter] of Array.from('"\\/bfnrt').entries())
  ESCAPED[letter.charCodeAt(0)] = '"\\/\b\f\n\r\t'.charCodeAt(at);

/** From this byte on letters are of several units or come behind them. */
const UNORDERED = 0xee;

/** Digits that are exact, and longest text of a number as the language spells it. */
const EXACT_DIGITS = 15;
const SPELLED_MAX_LENGTH = 32;
/** Buffers up to this size are kept for the next text. */
const KEPT_BYTES = 262_144;
/** Zeros behind the text, which are no JSON: the end needs not be looked for. */
const BEHIND = 2;

interface Buffers {
  /** What is read: always the same kind of array, whoever gave the text. */
  readonly input: Uint8Array;
  /** Names, strings and numbers, each with a line break behind it. */
  readonly lines: Uint8Array;
  /** The canonical form. */
  readonly form: Uint8Array;
}

const utf8 = new TextDecoder("utf-8", { ignoreBOM: true });
const encoder = new TextEncoder();
let kept = createBuffers(8_192);

function createBuffers(size: number): Buffers {
  // Only numbers that are spelled anew can become longer than they were.
  const room = size + (size >> 1) + SPELLED_MAX_LENGTH;
  return {
    input: new Uint8Array(size + BEHIND),
    lines: new Uint8Array(room),
    form: new Uint8Array(room),
  };
}

/** `source`: well-formed, as bytes UTF-8, at most `caps.maxBytes`. Undefined: it may be JSON or not. Linear. */
export function scanJson(source: string | Uint8Array, caps: JsonCaps): ScannedJson | undefined {
  const most = typeof source === "string" ? 3 * source.length : source.length;
  let buffers = kept;
  if (buffers.input.length < most + BEHIND) {
    buffers = createBuffers(most > KEPT_BYTES ? most : Math.min(KEPT_BYTES, 2 * most));
    if (most <= KEPT_BYTES) kept = buffers;
  }
  const { input } = buffers;
  let length = most;
  if (typeof source === "string") length = encoder.encodeInto(source, input).written;
  else input.set(source);
  input.fill(0, length, length + BEHIND);
  beginText();
  const scanner = new Scanner(buffers, length, caps);
  return scanner.scan() ? scanner.end() : undefined;
}

class Scanner {
  readonly #bytes: Uint8Array;
  readonly #lines: Uint8Array;
  readonly #form: Uint8Array;
  readonly #length: number;
  readonly #caps: JsonCaps;
  readonly #names: string[] = [];
  /** Of the containers around, the root first: how many members stood before those of an object; -1 for an array. */
  readonly #open: number[] = [];
  /** Of the members of these objects: where they begin in the canonical form. */
  readonly #members: number[] = [];
  /** Of these containers: whether members stood in order so far. */
  readonly #ordered: boolean[] = [];
  #at = 0;
  #line = 0;
  #written = 0;
  #nodes = 0;

  constructor({ input, lines, form }: Buffers, length: number, caps: JsonCaps) {
    this.#bytes = input;
    this.#lines = lines;
    this.#form = form;
    this.#length = length;
    this.#caps = caps;
  }

  end(): ScannedJson {
    return {
      isObject: this.#form[0] === 0x7b,
      names: this.#names,
      lines: utf8.decode(this.#lines.subarray(0, Math.max(0, this.#line - 1))),
      canonical: utf8.decode(this.#form.subarray(0, this.#written)),
    };
  }

  /** False: not sure. */
  scan(): boolean {
    do {
      const unit = this.#skipBlanks();
      this.#nodes += 1;
      if (this.#nodes > this.#caps.maxNodes) return false;
      if (unit === 0x22) {
        if (!this.#scanString()) return false;
      } else if (unit === 0x7b || unit === 0x5b) {
        if (!this.#begin(unit)) return false;
        continue;
      } else if (unit === 0x2d || (unit >= 0x30 && unit <= 0x39)) {
        if (!this.#scanNumber(unit)) return false;
      } else if (!this.#scanWord(unit)) return false;
      if (!this.#goOn()) return false;
    } while (this.#open.length > 0);
    return this.#at === this.#length;
  }

  /** Begins a container up to its first value; one that is empty is read whole, with what follows it. */
  #begin(unit: number): boolean {
    if (this.#open.length >= this.#caps.maxDepth) return false;
    this.#at += 1;
    this.#form[this.#written++] = unit;
    this.#open.push(unit === 0x7b ? this.#members.length : -1);
    this.#ordered.push(true);
    const next = this.#skipBlanks();
    if (next === unit + 2) return this.#goOn();
    return unit === 0x5b || this.#scanName(next);
  }

  /** What follows a value, up to the next value or the end. */
  #goOn(): boolean {
    const open = this.#open;
    while (open.length > 0) {
      const unit = this.#skipBlanks();
      const first = open[open.length - 1] as number;
      this.#at += 1;
      if (unit === 0x2c) {
        this.#form[this.#written++] = unit;
        return first < 0 || this.#scanName(this.#skipBlanks());
      }
      if (unit !== (first < 0 ? 0x5d : 0x7d)) return false;
      open.pop();
      const isOrdered = this.#ordered.pop();
      if (isOrdered === false && !orderMembers(this.#form, this.#members, first, this.#written)) return false;
      if (first >= 0) this.#members.length = first;
      this.#form[this.#written++] = unit;
    }
    this.#skipBlanks();
    return true;
  }

  /** A name, up to behind its colon. Only those without escapes, and of letters whose bytes stand in the order of units. */
  #scanName(first: number): boolean {
    const bytes = this.#bytes;
    const lines = this.#lines;
    const form = this.#form;
    if (first !== 0x22) return false;
    const start = this.#at + 1;
    const begin = this.#written;
    let line = this.#line;
    let written = begin;
    let at = start;
    let hash = 0;
    form[written++] = first;
    for (;;) {
      const unit = bytes[at] as number;
      if (unit === 0x22) break;
      if (unit >= UNORDERED || IS_PLAIN[unit] === 0) return false;
      hash = (Math.imul(hash, 31) + unit) | 0;
      lines[line++] = unit;
      form[written++] = unit;
      at += 1;
    }
    form[written++] = 0x22;
    form[written++] = 0x3a;
    lines[line++] = 0x0a;
    this.#line = line;
    this.#written = written;
    this.#at = at + 1;
    if (at - start > this.#caps.maxKeyLength || !findName(bytes, start, at, hash, this.#names)) return false;
    if (this.#skipBlanks() !== 0x3a) return false;
    this.#at += 1;
    return this.#addMember(begin);
  }

  #addMember(begin: number): boolean {
    const members = this.#members;
    const depth = this.#open.length - 1;
    if (members.length > (this.#open[depth] as number)) {
      const order = compareNames(this.#form, members[members.length - 1] as number, begin);
      if (order === 0) return false;
      if (order > 0) this.#ordered[depth] = false;
    }
    members.push(begin);
    return true;
  }

  #scanString(): boolean {
    const bytes = this.#bytes;
    const lines = this.#lines;
    const form = this.#form;
    let line = this.#line;
    let written = this.#written;
    let at = this.#at + 1;
    form[written++] = 0x22;
    for (;;) {
      let unit = bytes[at] as number;
      while (IS_PLAIN[unit] === 1) {
        lines[line++] = unit;
        form[written++] = unit;
        at += 1;
        unit = bytes[at] as number;
      }
      at += 1;
      if (unit === 0x22) break;
      const letter = unit === 0x5c ? (bytes[at] as number) : 0;
      if (letter === 0x75) {
        const code = codeAt(bytes, at);
        if (code < 0) return false;
        at += code > 0xffff ? 11 : 5;
        line = writeCode(lines, line, code);
        written = writeString(form, written, code);
        continue;
      }
      if (ESCAPED[letter] === 0) return false;
      at += 1;
      lines[line++] = ESCAPED[letter] as number;
      // A slash needs no escape.
      if (letter !== 0x2f) form[written++] = unit;
      form[written++] = letter;
    }
    if (line - this.#line > this.#caps.maxStringLength) return false;
    form[written++] = 0x22;
    lines[line++] = 0x0a;
    this.#at = at;
    this.#line = line;
    this.#written = written;
    return true;
  }

  #scanWord(unit: number): boolean {
    const word = unit === 0x74 ? TRUE : unit === 0x66 ? FALSE : NULL;
    for (let at = 0; at < word.length; at += 1) {
      if (this.#bytes[this.#at + at] !== word[at]) return false;
      this.#form[this.#written + at] = word[at] as number;
    }
    this.#at += word.length;
    this.#written += word.length;
    return true;
  }

  #scanNumber(first: number): boolean {
    const start = this.#at;
    const whole = first === 0x2d ? start + 1 : start;
    let at = this.#skipDigits(whole);
    let digits = at - whole;
    const isZero = this.#bytes[whole] === 0x30;
    if (digits === 0 || (isZero && digits > 1)) return false;
    // Whether the language spells it so, too: no exponent, no 0 at the end, and all digits count.
    let isSpelled = !(isZero && first === 0x2d);
    if (this.#bytes[at] === 0x2e) {
      const fraction = at + 1;
      at = this.#skipDigits(fraction);
      if (at === fraction) return false;
      digits += at - fraction;
      isSpelled = this.#bytes[at - 1] !== 0x30 && !(isZero && this.#isTiny(fraction));
    }
    if (((this.#bytes[at] as number) | 0x20) === 0x65) {
      const sign = this.#bytes[at + 1];
      const exponent = sign === 0x2b || sign === 0x2d ? at + 2 : at + 1;
      at = this.#skipDigits(exponent);
      if (at === exponent) return false;
      digits += at - exponent;
      isSpelled = false;
    }
    if (digits > this.#caps.maxDigits) return false;
    this.#at = at;
    if (!isSpelled || digits > EXACT_DIGITS) return this.#spell(start, at);
    for (let from = start; from < at; from += 1) this.#writeDigit(this.#bytes[from] as number);
    this.#lines[this.#line++] = 0x0a;
    return true;
  }

  /** Writes a number as the language spells it. */
  #spell(start: number, end: number): boolean {
    const value = Number(utf8.decode(this.#bytes.subarray(start, end)));
    const most = this.#length - end + SPELLED_MAX_LENGTH + Math.max(this.#line, this.#written);
    if (!Number.isFinite(value) || most > this.#form.length) return false;
    const spelled = String(value);
    for (let at = 0; at < spelled.length; at += 1) this.#writeDigit(spelled.charCodeAt(at));
    this.#lines[this.#line++] = 0x0a;
    return true;
  }

  #writeDigit(unit: number): void {
    this.#lines[this.#line++] = unit;
    this.#form[this.#written++] = unit;
  }

  #skipDigits(from: number): number {
    let at = from;
    for (;;) {
      const unit = this.#bytes[at] as number;
      if (unit < 0x30 || unit > 0x39) return at;
      at += 1;
    }
  }

  /** Six zeros behind the point: the language writes an exponent. */
  #isTiny(fraction: number): boolean {
    for (let at = fraction; at < fraction + 6; at += 1) if (this.#bytes[at] !== 0x30) return false;
    return true;
  }

  /** The unit that stands behind blanks, 0 at the end. */
  #skipBlanks(): number {
    const bytes = this.#bytes;
    let at = this.#at;
    for (;;) {
      const unit = bytes[at] as number;
      if (unit !== 0x20 && unit !== 0x0a && unit !== 0x0d && unit !== 0x09) {
        this.#at = at;
        return unit;
      }
      at += 1;
    }
  }
}

const TRUE = encoder.encode("true");
const FALSE = encoder.encode("false");
const NULL = encoder.encode("null");
