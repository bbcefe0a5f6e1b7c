// Reads JSON (RFC 8259) strictly and within bounds, without recursion: nothing a caller sends can overflow the stack or
// grow out of proportion. Refused beyond the grammar: a name twice in one object, names that reach into the language,
// numbers that no double can hold. Numbers keep their spelling in the text: see edit-json.ts.
import { type JsonCaps, type JsonIssue, type JsonIssueKind, REQUEST_JSON_CAPS } from "./json-caps.ts";
import { FORBIDDEN_NAMES, isJsonObject, type JsonDocument, type JsonValue } from "./json-document.ts";
import { scanJson } from "./scan-json.ts";
import { Bare, TextDocument } from "./text-document.ts";

export type JsonResult = JsonDocument | { readonly issue: JsonIssue };

type MutableObject = Record<string, JsonValue>;

class JsonFault extends Error {
  readonly kind: JsonIssueKind;
  readonly offset: number;
  constructor(kind: JsonIssueKind, what: string, offset: number) {
    super(what);
    this.kind = kind;
    this.offset = offset;
  }
}

type Container = MutableObject | JsonValue[];

interface Reader {
  readonly text: string;
  readonly caps: JsonCaps;
  at: number;
  nodes: number;
  /** What is being read, and the name of its member that comes next; undefined at the root. */
  parent: Container | undefined;
  name: string;
  /** The same of what it stands in, the root first. */
  readonly parents: (Container | undefined)[];
  readonly parentNames: string[];
  /** Of the document that is made. */
  readonly names: Set<string>;
  readonly texts: string[];
}

const strictUtf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Reads `source`, UTF-8 when it is bytes. Bound: `caps`, default those of requests. Linear. */
export function parseJson(source: string | Uint8Array, caps: JsonCaps = REQUEST_JSON_CAPS): JsonResult {
  if (byteLengthOf(source, caps.maxBytes) > caps.maxBytes)
    return toIssue(new JsonFault("bytes", `longer than ${caps.maxBytes} bytes`, 0));
  const text = typeof source === "string" ? source : decode(source);
  if (text === undefined) return toIssue(new JsonFault("encoding", "not valid UTF-8", 0));
  // Half of a pair of surrogates that stands alone is in no bytes.
  const scanned = typeof source === "string" && !source.isWellFormed() ? undefined : scanJson(source, caps);
  return scanned === undefined ? readJson(text, caps) : new TextDocument(text, scanned);
}

/** The same value by value: for texts that are refused, and for what the faster reader leaves to this one. */
export function readJson(text: string, caps: JsonCaps): JsonResult {
  const reader: Reader = {
    text,
    caps,
    at: 0,
    nodes: 0,
    parent: undefined,
    name: "",
    parents: [],
    parentNames: [],
    names: new Set(),
    texts: [],
  };
  try {
    const value = readDocument(reader);
    const { names, texts } = reader;
    return new TextDocument(text, {
      isObject: isJsonObject(value),
      names: [...names],
      lines: texts.join("\n"),
      value,
    });
  } catch (error) {
    // Faults are how the reader leaves its loops; anything else is our mistake.
    if (error instanceof JsonFault) return toIssue(error);
    throw error;
  }
}

/** Whether a text could be JSON that holds further values or text; any other is not worth reading. */
export function mayBeContainer(text: string): boolean {
  for (let at = 0; at < text.length; at += 1) {
    const unit = text.charCodeAt(at);
    if (unit !== 0x20 && unit !== 0x0a && unit !== 0x0d && unit !== 0x09)
      return unit === 0x7b || unit === 0x5b || unit === 0x22;
  }
  return false;
}

export function isJsonDocument(result: JsonResult): result is JsonDocument {
  return !("issue" in result);
}

function toIssue(fault: JsonFault): { readonly issue: JsonIssue } {
  const message = `JSON is refused: ${fault.message} (at character ${fault.offset})`;
  return { issue: { kind: fault.kind, message, offset: fault.offset } };
}

function decode(bytes: Uint8Array): string | undefined {
  try {
    return strictUtf8.decode(bytes);
  } catch {
    // The decoder throws for exactly one reason: the bytes are no UTF-8.
    return undefined;
  }
}

/** Exact where it matters; stops counting beyond `enough`. */
function byteLengthOf(source: string | Uint8Array, enough: number): number {
  if (typeof source !== "string") return source.length;
  if (source.length > enough || source.length * 3 <= enough) return source.length;
  let bytes = source.length;
  for (let at = 0; at < source.length && bytes <= enough; at += 1) {
    const unit = source.charCodeAt(at);
    // A pair of surrogates is two units and four bytes.
    if (unit >= 0x800 && (unit < 0xd800 || unit > 0xdfff)) bytes += 2;
    else if (unit >= 0x80) bytes += 1;
  }
  return bytes;
}

/** The root and what follows it, which may be blanks only. */
function readDocument(reader: Reader): JsonValue {
  for (;;) {
    let value: JsonValue | undefined = readStart(reader);
    while (value !== undefined) {
      const { parent } = reader;
      if (parent === undefined) return readEnd(reader, value);
      if (Array.isArray(parent)) parent.push(value);
      else parent[reader.name] = value;
      value = readNext(reader, parent);
    }
  }
}

/** Reads a scalar or an empty container, which are values, or the opening of a container, which is none yet. */
function readStart(reader: Reader): JsonValue | undefined {
  const first = skipBlanks(reader);
  if (++reader.nodes > reader.caps.maxNodes)
    throw new JsonFault("nodes", `more than ${reader.caps.maxNodes} values`, reader.at);
  if (first !== 0x7b && first !== 0x5b) return readScalar(reader, first);
  if (reader.parents.length >= reader.caps.maxDepth)
    throw new JsonFault("depth", `nested deeper than ${reader.caps.maxDepth} levels`, reader.at);
  reader.at += 1;
  const container = first === 0x7b ? new Bare() : [];
  if (skipBlanks(reader) === (first === 0x7b ? 0x7d : 0x5d)) {
    reader.at += 1;
    return container;
  }
  reader.parents.push(reader.parent);
  reader.parentNames.push(reader.name);
  reader.parent = container;
  if (!Array.isArray(container)) reader.name = readName(reader, container);
  return undefined;
}

/** What follows a value inside `parent`: the end of it, which makes it a value, or the next item. */
function readNext(reader: Reader, parent: Container): JsonValue | undefined {
  const isArray = Array.isArray(parent);
  const unit = skipBlanks(reader);
  if (unit === 0x2c) {
    reader.at += 1;
    if (!isArray) reader.name = readName(reader, parent);
    return undefined;
  }
  if (unit !== (isArray ? 0x5d : 0x7d))
    throw syntaxFault(reader, isArray ? "a comma or ] is missing" : "a comma or } is missing");
  reader.at += 1;
  reader.parent = reader.parents.pop();
  reader.name = reader.parentNames.pop() as string;
  return parent;
}

function readEnd(reader: Reader, value: JsonValue): JsonValue {
  skipBlanks(reader);
  if (reader.at < reader.text.length) throw syntaxFault(reader, "something follows the value");
  return value;
}

function readName(reader: Reader, parent: MutableObject): string {
  if (skipBlanks(reader) !== 0x22) throw syntaxFault(reader, "a name in quotes is missing");
  const { at, names } = reader;
  const name = readString(reader, reader.caps.maxKeyLength, "key_length");
  if (FORBIDDEN_NAMES.has(name))
    throw new JsonFault("forbidden_key", "a name is __proto__, constructor or prototype", at);
  names.add(name);
  reader.texts.push(name);
  if (name in parent) throw new JsonFault("duplicate_key", "a name stands twice in one object", at);
  if (skipBlanks(reader) !== 0x3a) throw syntaxFault(reader, "a colon is missing");
  reader.at += 1;
  return name;
}

function readScalar(reader: Reader, first: number): JsonValue {
  switch (first) {
    case 0x22: {
      const value = readString(reader, reader.caps.maxStringLength, "string_length");
      reader.texts.push(value);
      return value;
    }
    case 0x74:
      return readWord(reader, "true", true);
    case 0x66:
      return readWord(reader, "false", false);
    case 0x6e:
      return readWord(reader, "null", null);
    default:
      return readNumber(reader);
  }
}

function readWord(reader: Reader, word: string, value: boolean | null): boolean | null {
  if (!reader.text.startsWith(word, reader.at)) throw syntaxFault(reader, "a value is missing");
  reader.at += word.length;
  return value;
}

/** Digits of whole numbers that are exact when they are added up. */
const EXACT_DIGITS = 15;

function readNumber(reader: Reader): number {
  const { text, caps } = reader;
  const start = reader.at;
  let at = start;
  const isNegative = text.charCodeAt(at) === 0x2d;
  if (isNegative) at += 1;
  const whole = at;
  let sum = 0;
  let unit = text.charCodeAt(at);
  // Past the end the unit is NaN, which is no digit.
  for (; unit >= 0x30 && unit <= 0x39; unit = text.charCodeAt(at)) {
    sum = sum * 10 + unit - 0x30;
    at += 1;
  }
  if (at === whole) throw syntaxFault(reader, "a value is missing");
  if (text.charCodeAt(whole) === 0x30 && at > whole + 1) throw syntaxFault(reader, "a number starts with 0");
  let digits = at - whole;
  if (unit !== 0x2e && (unit | 0x20) !== 0x65 && digits <= EXACT_DIGITS) {
    reader.at = at;
    reader.texts.push(sum === 0 ? "0" : text.slice(start, at));
    return isNegative ? -sum : sum;
  }
  if (unit === 0x2e) {
    const fraction = at + 1;
    at = skipDigits(text, fraction);
    if (at === fraction) throw syntaxFault(reader, "digits are missing after the point");
    digits += at - fraction;
  }
  if ((text.charCodeAt(at) | 0x20) === 0x65) {
    const sign = text.charCodeAt(at + 1);
    const exponent = sign === 0x2b || sign === 0x2d ? at + 2 : at + 1;
    at = skipDigits(text, exponent);
    if (at === exponent) throw syntaxFault(reader, "digits are missing in the exponent");
    digits += at - exponent;
  }
  if (digits > caps.maxDigits)
    throw new JsonFault("digits", `a number has more than ${caps.maxDigits} digits`, start);
  const spelled = text.slice(start, at);
  const value = Number(spelled);
  if (!Number.isFinite(value)) throw new JsonFault("number_range", "a number is beyond a double", start);
  reader.at = at;
  reader.texts.push(isShortest(spelled, digits, value) ? spelled : String(value));
  return value;
}

/** Whether the language spells it so, too: no exponent, no 0 at the end, and all digits count. */
function isShortest(spelled: string, digits: number, value: number): boolean {
  const last = spelled.charCodeAt(spelled.length - 1);
  if (last === 0x30 || digits > EXACT_DIGITS || Math.abs(value) < 1e-6) return false;
  return !(spelled.includes("e") || spelled.includes("E"));
}

function skipDigits(text: string, from: number): number {
  let at = from;
  for (;;) {
    const unit = text.charCodeAt(at);
    // Past the end the unit is NaN, which is no digit.
    if (!(unit >= 0x30 && unit <= 0x39)) return at;
    at += 1;
  }
}

function readString(reader: Reader, maxLength: number, kind: "key_length" | "string_length"): string {
  const { text } = reader;
  const start = reader.at;
  let value = "";
  let from = start + 1;
  for (let at = from; ; ) {
    const unit = text.charCodeAt(at);
    if (unit === 0x22 || unit === 0x5c) {
      value = from === start + 1 ? text.slice(from, at) : value + text.slice(from, at);
      if (value.length > maxLength)
        throw new JsonFault(kind, `a ${wordOf(kind)} is longer than ${maxLength} characters`, start);
      reader.at = at;
      if (unit === 0x22) {
        reader.at += 1;
        return value;
      }
      value += readEscape(reader);
      at = reader.at;
      from = at;
    } else if (unit >= 0x20) at += 1;
    else throw syntaxFault({ ...reader, at }, unit >= 0 ? "a control character" : "a string does not end");
  }
}

function wordOf(kind: "key_length" | "string_length"): string {
  return kind === "key_length" ? "name" : "string";
}

const ESCAPES: Readonly<Record<string, string>> = {
  '"': '"',
  "\\": "\\",
  "/": "/",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
};

function readEscape(reader: Reader): string {
  const letter = reader.text.charAt(reader.at + 1);
  if (letter !== "u") {
    const value = ESCAPES[letter];
    if (value === undefined) throw syntaxFault(reader, "an unknown escape");
    reader.at += 2;
    return value;
  }
  const digits = reader.text.slice(reader.at + 2, reader.at + 6);
  if (!/^[0-9A-Fa-f]{4}$/.test(digits)) throw syntaxFault(reader, "an escape without four digits");
  reader.at += 6;
  return String.fromCharCode(Number.parseInt(digits, 16));
}

/** Moves past blanks; the unit that stands there, NaN at the end. */
function skipBlanks(reader: Reader): number {
  const unit = reader.text.charCodeAt(reader.at);
  return unit > 0x20 ? unit : skipSome(reader);
}

function skipSome(reader: Reader): number {
  for (;;) {
    const unit = reader.text.charCodeAt(reader.at);
    if (unit !== 0x20 && unit !== 0x0a && unit !== 0x0d && unit !== 0x09) return unit;
    reader.at += 1;
  }
}

function syntaxFault(reader: Reader, what: string): JsonFault {
  return new JsonFault("syntax", reader.at >= reader.text.length ? "it ends too early" : what, reader.at);
}
