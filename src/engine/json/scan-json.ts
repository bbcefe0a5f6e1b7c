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
/** In place of where something ends. */
const NOT_SURE = -1;
/** Longer texts are left to the other reader. */
const MAX_BYTES = 1_048_576;
const MAX_MEMBERS = 65_536;
/** Zeros behind the text, which are no JSON: the end needs not be looked for. */
const BEHIND = 2;

// Made once and never again: what stands in a constant array is read and written without looking at the array. What no text
// has used of them yet takes no memory.
/** What is read: always the same kind of array, whoever gave the text. */
const bytes = new Uint8Array(MAX_BYTES + BEHIND);
/** Names, strings and numbers, each with a line break behind it. */
const lines = new Uint8Array(2 * MAX_BYTES);
/** The canonical form, and room for what is put in order. */
const form = new Uint8Array(2 * MAX_BYTES);
/** Of the members of the objects that are open: where they begin in the canonical form. */
const members = new Int32Array(MAX_MEMBERS);

const utf8 = new TextDecoder("utf-8", { ignoreBOM: true });
const encoder = new TextEncoder();

/** `source`: well-formed, as bytes UTF-8, at most `caps.maxBytes`. Undefined: it may be JSON or not. Linear. */
export function scanJson(source: string | Uint8Array, caps: JsonCaps): ScannedJson | undefined {
  if (source.length > MAX_BYTES) return undefined;
  let { length } = source;
  if (typeof source === "string") {
    const { read, written } = encoder.encodeInto(source, bytes);
    if (read < length || written > MAX_BYTES) return undefined;
    length = written;
  } else bytes.set(source);
  bytes.fill(0, length, length + BEHIND);
  beginText();
  const scanner = new Scanner(length, caps);
  return scanner.scan() ? scanner.end() : undefined;
}

class Scanner {
  readonly #length: number;
  readonly #caps: JsonCaps;
  readonly #names: string[] = [];
  /** Of the containers around, the root first: see #close. Written over rather than made shorter, which is slow. */
  readonly #open: number[] = [];
  #depth = 0;
  /** Of the innermost: how many members stood before those of an object; -1 for an array. */
  #first = -1;
  #isOrdered = true;
  #member = 0;
  #line = 0;
  #written = 0;
  #nodes = 0;

  constructor(length: number, caps: JsonCaps) {
    this.#length = length;
    this.#caps = caps;
  }

  end(): ScannedJson {
    return {
      isObject: form[0] === 0x7b,
      names: this.#names,
      lines: utf8.decode(lines.subarray(0, Math.max(0, this.#line - 1))),
      canonical: utf8.decode(form.subarray(0, this.#written)),
    };
  }

  /** False: not sure. */
  scan(): boolean {
    let at = 0;
    do {
      at = skipBlanks(at);
      this.#nodes += 1;
      if (this.#nodes > this.#caps.maxNodes) return false;
      const unit = bytes[at] as number;
      if (unit === 0x7b || unit === 0x5b) at = this.#begin(at, unit);
      else {
        if (unit === 0x22) at = this.#scanString(at);
        else if (unit === 0x2d || (unit >= 0x30 && unit <= 0x39)) at = this.#scanNumber(at, unit);
        else at = this.#scanWord(at, unit);
        if (at !== NOT_SURE) at = this.#goOn(at);
      }
      if (at === NOT_SURE) return false;
    } while (this.#depth > 0);
    return at === this.#length;
  }

  /** Begins a container up to its first value; one that is empty is read whole, with what follows it. */
  #begin(start: number, unit: number): number {
    if (this.#depth >= this.#caps.maxDepth) return NOT_SURE;
    form[this.#written++] = unit;
    // What is known of the container around, as one number.
    this.#open[this.#depth++] = this.#first * 2 + (this.#isOrdered ? 1 : 0);
    this.#first = unit === 0x7b ? this.#member : -1;
    this.#isOrdered = true;
    const at = skipBlanks(start + 1);
    if (bytes[at] === unit + 2) return this.#goOn(at);
    return unit === 0x5b ? at : this.#scanName(at);
  }

  /** What follows a value, up to the next value or the end. */
  #goOn(from: number): number {
    let at = skipBlanks(from);
    while (this.#depth > 0) {
      const unit = bytes[at] as number;
      const isArray = this.#first < 0;
      if (unit === 0x2c) {
        form[this.#written++] = unit;
        at = skipBlanks(at + 1);
        return isArray ? at : this.#scanName(at);
      }
      if (unit !== (isArray ? 0x5d : 0x7d) || !this.#close()) return NOT_SURE;
      form[this.#written++] = unit;
      at = skipBlanks(at + 1);
    }
    return at;
  }

  /** Ends the innermost container; the one around it goes on. */
  #close(): boolean {
    const first = this.#first;
    if (first >= 0) {
      const count = this.#member - first;
      if (!this.#isOrdered && !orderMembers(form, members, first, count, this.#written)) return false;
      this.#member = first;
    }
    const around = this.#open[--this.#depth] as number;
    this.#first = around >> 1;
    this.#isOrdered = (around & 1) === 1;
    return true;
  }

  /** A name, up to behind its colon. Only those without escapes, and of letters whose bytes stand in the order of units. */
  #scanName(quote: number): number {
    if (bytes[quote] !== 0x22) return NOT_SURE;
    const start = quote + 1;
    const begin = this.#written;
    let line = this.#line;
    let written = begin;
    let at = start;
    let hash = 0;
    form[written++] = 0x22;
    for (;;) {
      const unit = bytes[at] as number;
      if (unit === 0x22) break;
      if (unit >= UNORDERED || IS_PLAIN[unit] === 0) return NOT_SURE;
      hash = (Math.imul(hash, 31) + unit) | 0;
      lines[line++] = unit;
      form[written++] = unit;
      at += 1;
    }
    form[written] = 0x22;
    form[written + 1] = 0x3a;
    lines[line] = 0x0a;
    this.#line = line + 1;
    this.#written = written + 2;
    if (at - start > this.#caps.maxKeyLength || !findName(bytes, start, at, hash, this.#names))
      return NOT_SURE;
    const colon = skipBlanks(at + 1);
    return bytes[colon] === 0x3a && this.#addMember(begin) ? colon + 1 : NOT_SURE;
  }

  #addMember(begin: number): boolean {
    const member = this.#member++;
    if (member >= MAX_MEMBERS) return false;
    if (member > this.#first) {
      const order = compareNames(form, members[member - 1] as number, begin);
      if (order === 0) return false;
      if (order > 0) this.#isOrdered = false;
    }
    members[member] = begin;
    return true;
  }

  #scanString(quote: number): number {
    let line = this.#line;
    let written = this.#written;
    let at = quote + 1;
    form[written++] = 0x22;
    for (;;) {
      let unit = bytes[at] as number;
      let next = bytes[at + 1] as number;
      // Two at a time: most of the reading is this loop.
      while (((IS_PLAIN[unit] as number) & (IS_PLAIN[next] as number)) === 1) {
        lines[line] = unit;
        lines[line + 1] = next;
        form[written] = unit;
        form[written + 1] = next;
        line += 2;
        written += 2;
        at += 2;
        unit = bytes[at] as number;
        next = bytes[at + 1] as number;
      }
      if (IS_PLAIN[unit] === 1) {
        lines[line++] = unit;
        form[written++] = unit;
        at += 1;
        unit = next;
      }
      at += 1;
      if (unit === 0x22) break;
      const letter = unit === 0x5c ? (bytes[at] as number) : 0;
      if (letter === 0x75) {
        const code = codeAt(bytes, at);
        if (code < 0) return NOT_SURE;
        at += code > 0xffff ? 11 : 5;
        line = writeCode(lines, line, code);
        written = writeString(form, written, code);
        continue;
      }
      if (ESCAPED[letter] === 0) return NOT_SURE;
      at += 1;
      lines[line++] = ESCAPED[letter] as number;
      // A slash needs no escape.
      if (letter !== 0x2f) form[written++] = unit;
      form[written++] = letter;
    }
    if (line - this.#line > this.#caps.maxStringLength) return NOT_SURE;
    form[written++] = 0x22;
    lines[line++] = 0x0a;
    this.#line = line;
    this.#written = written;
    return at;
  }

  #scanWord(start: number, unit: number): number {
    const word = unit === 0x74 ? TRUE : unit === 0x66 ? FALSE : NULL;
    const written = this.#written;
    for (let at = 0; at < word.length; at += 1) {
      const letter = word[at] as number;
      if (bytes[start + at] !== letter) return NOT_SURE;
      form[written + at] = letter;
    }
    this.#written = written + word.length;
    return start + word.length;
  }

  #scanNumber(start: number, first: number): number {
    const whole = first === 0x2d ? start + 1 : start;
    let at = skipDigits(whole);
    let digits = at - whole;
    const isZero = bytes[whole] === 0x30;
    if (digits === 0 || (isZero && digits > 1)) return NOT_SURE;
    // Whether the language spells it so, too: no exponent, no 0 at the end, and all digits count.
    let isSpelled = !(isZero && first === 0x2d);
    if (bytes[at] === 0x2e) {
      const fraction = at + 1;
      at = skipDigits(fraction);
      if (at === fraction) return NOT_SURE;
      digits += at - fraction;
      isSpelled = bytes[at - 1] !== 0x30 && !(isZero && isTiny(fraction));
    }
    if (((bytes[at] as number) | 0x20) === 0x65) {
      const sign = bytes[at + 1];
      const exponent = sign === 0x2b || sign === 0x2d ? at + 2 : at + 1;
      at = skipDigits(exponent);
      if (at === exponent) return NOT_SURE;
      digits += at - exponent;
      isSpelled = false;
    }
    if (digits > this.#caps.maxDigits) return NOT_SURE;
    if (!isSpelled || digits > EXACT_DIGITS) return this.#spell(start, at) ? at : NOT_SURE;
    let line = this.#line;
    let written = this.#written;
    for (let from = start; from < at; from += 1) {
      const unit = bytes[from] as number;
      lines[line++] = unit;
      form[written++] = unit;
    }
    lines[line++] = 0x0a;
    this.#line = line;
    this.#written = written;
    return at;
  }

  /** Writes a number as the language spells it. */
  #spell(start: number, end: number): boolean {
    const value = Number(utf8.decode(bytes.subarray(start, end)));
    const most = this.#length - end + SPELLED_MAX_LENGTH + Math.max(this.#line, this.#written);
    if (!Number.isFinite(value) || most > form.length) return false;
    const spelled = String(value);
    for (let at = 0; at < spelled.length; at += 1) {
      lines[this.#line++] = spelled.charCodeAt(at);
      form[this.#written++] = spelled.charCodeAt(at);
    }
    lines[this.#line++] = 0x0a;
    return true;
  }
}

function skipBlanks(from: number): number {
  let at = from;
  for (;;) {
    const unit = bytes[at] as number;
    if (unit > 0x20 || (unit !== 0x20 && unit !== 0x0a && unit !== 0x0d && unit !== 0x09)) return at;
    at += 1;
  }
}

function skipDigits(from: number): number {
  let at = from;
  for (;;) {
    const unit = bytes[at] as number;
    if (unit < 0x30 || unit > 0x39) return at;
    at += 1;
  }
}

/** Six zeros behind the point: the language writes an exponent. */
function isTiny(fraction: number): boolean {
  for (let at = fraction; at < fraction + 6; at += 1) if (bytes[at] !== 0x30) return false;
  return true;
}

const TRUE = encoder.encode("true");
const FALSE = encoder.encode("false");
const NULL = encoder.encode("null");
