import { appendToPath } from "../../../domain/policy/document.ts";
import type { Place } from "../../../domain/policy/place-table.ts";

// Most policies are written in a small part of YAML: keys and values on lines of their own, lists, `{a: 1}` and `[a, b]` on one line, texts with or
// without quotes. That part is read here in one pass, a tenth of the parser's time. What is anything else, or wrong in any
// way, is left to the parser: both answer the same (test/property/policy/plain-yaml.test.ts), and only it says what is wrong.

export interface PlainYaml {
  readonly value: unknown;
  readonly places: ReadonlyMap<string, Place>;
}

/** Longer or deeper documents are the parser's. */
const MAX_LENGTH = 65_536;
const MAX_DEPTH = 32;
/** Printable text without tabs; whatever a reader of YAML could take for a break or a mark is the parser's. */
const PRINTABLE = /^[\n\x20-\x7e\xa1-\u1fff\u3000-\ud7ff]*$/;

/** A key with its colon and what parts it from its value. */
const BLOCK_KEY = /([A-Za-z_][\w./-]*|"[^"\\]*"|'[^']*'):(?: +|$)/y;
const FLOW_KEY = /([A-Za-z_][\w./-]*|"[^"\\]*"|'[^']*'): +/y;
const QUOTED = /"([^"\\]*)"|'([^']*)'(?!')/y;
const ITEM = /- +/y;
/** How a text without quotes may begin: no sign that means something, but a minus before a digit. */
const BEGINNING = /^(?:[A-Za-z0-9_./$^(\\+=<]|-\d)/;
const END_OF_LINE = / *(?: #.*)?$/y;

const INTEGER = /^(?:0|-?[1-9]\d{0,14})$/;
const DECIMAL = /^-?(?:0|[1-9]\d{0,14})\.\d{1,15}$/;
/** May be a number in another spelling. */
const NUMERIC = /^[-+]?[\d.][\w.+-]*$/;
/** Names that are values, or that some reader of keys may trip over. */
const WORDS: ReadonlyMap<string, boolean> = new Map(
  [true, false].flatMap((value) => spellings(String(value)).map((word) => [word, value] as const)),
);
const NOT_PLAIN: ReadonlySet<string> = new Set([
  ...spellings("null"),
  "__proto__",
  "constructor",
  "prototype",
  "",
]);

function spellings(word: string): readonly string[] {
  return [word, word.toUpperCase(), `${word.charAt(0).toUpperCase()}${word.slice(1)}`];
}

/** Thrown where the parser has to decide. */
const LEAVE = new Error("not plain");

/** `before`: lines of the file in front of the text. Undefined for what is not plain. */
export function readPlainYaml(text: string, before: number): PlainYaml | undefined {
  if (text.length > MAX_LENGTH || !PRINTABLE.test(text)) return undefined;
  try {
    return new PlainReader(text, before).read();
  } catch (thrown) {
    if (thrown === LEAVE) return undefined;
    throw thrown;
  }
}

function leave(): never {
  throw LEAVE;
}

class PlainReader {
  readonly #lines: readonly string[];
  readonly #before: number;
  readonly #places = new Map<string, Place>();
  /** The line in hand, and where its content begins: -1 behind the last. */
  #at = -1;
  #indent = -1;
  #depth = 0;

  constructor(text: string, before: number) {
    this.#lines = text.split("\n");
    this.#before = before;
  }

  read(): PlainYaml {
    this.#next();
    if (this.#at === 0 && this.#line() === "---") this.#next();
    if (this.#indent < 0) leave();
    const value = this.#block("");
    if (this.#indent >= 0) leave();
    return { value, places: this.#places };
  }

  #line(): string {
    return this.#lines[this.#at] as string;
  }

  /** Goes to the next line with content. */
  #next(): void {
    while (++this.#at < this.#lines.length) {
      const line = this.#line();
      const indent = line.search(/[^ ]/);
      if (indent < 0 || line[indent] === "#") continue;
      this.#indent = indent;
      return;
    }
    this.#indent = -1;
  }

  #place(path: string, column: number): void {
    this.#places.set(path, { line: this.#at + 1 + this.#before, column: column + 1 });
  }

  #isItem(): boolean {
    return this.#indent >= 0 && this.#line().startsWith("- ", this.#indent);
  }

  /** A mapping or a list that begins where the content of the line does. */
  #block(path: string): unknown {
    this.#place(path, this.#indent);
    return this.#isItem() ? this.#list(path, this.#indent) : this.#mapping(path, this.#indent);
  }

  #mapping(path: string, column: number): object {
    if (++this.#depth > MAX_DEPTH) leave();
    const made: { [key: string]: unknown } = {};
    do {
      const [key, at] = this.#key(BLOCK_KEY, column, made);
      const inner = appendToPath(path, key);
      if (this.#endsAt(at)) {
        this.#next();
        const isBelow = this.#indent > column || (this.#indent === column && this.#isItem());
        made[key] = isBelow ? this.#block(inner) : leave();
      } else made[key] = this.#inline(inner, at);
    } while (this.#goesOn(column) && !this.#isItem());
    this.#depth--;
    return made;
  }

  #list(path: string, column: number): unknown[] {
    if (++this.#depth > MAX_DEPTH) leave();
    const made: unknown[] = [];
    do {
      ITEM.lastIndex = column;
      if (!ITEM.test(this.#line())) leave();
      const at = ITEM.lastIndex;
      const inner = appendToPath(path, made.length);
      if (this.#line().startsWith("- ", at)) leave();
      BLOCK_KEY.lastIndex = at;
      if (BLOCK_KEY.test(this.#line())) {
        this.#indent = at;
        made.push(this.#block(inner));
      } else made.push(this.#inline(inner, at));
    } while (this.#goesOn(column) && this.#isItem());
    this.#depth--;
    return made;
  }

  /** Whether the line in hand belongs to the block at a column; one that is further in goes on with what stood before it. */
  #goesOn(column: number): boolean {
    if (this.#indent > column) leave();
    return this.#indent === column;
  }

  /** The key at a column, and where its value begins. */
  #key(pattern: RegExp, column: number, known: object): readonly [string, number] {
    pattern.lastIndex = column;
    const written = pattern.exec(this.#line())?.[1] ?? leave();
    const key = /^["']/.test(written) ? written.slice(1, -1) : written;
    if (NOT_PLAIN.has(key) || WORDS.has(key) || Object.hasOwn(known, key)) leave();
    return [key, pattern.lastIndex];
  }

  /** Nothing follows but a remark. */
  #endsAt(column: number): boolean {
    END_OF_LINE.lastIndex = column;
    return END_OF_LINE.test(this.#line()) || this.#line().startsWith("#", column);
  }

  /** A value on the line in hand, to its end. */
  #inline(path: string, column: number): unknown {
    const first = this.#line()[column] as string;
    if (!"\"'[{".includes(first)) {
      this.#place(path, column);
      const rest = this.#line().slice(column);
      const remark = rest.indexOf(" #");
      const value = plainValue((remark < 0 ? rest : rest.slice(0, remark)).trimEnd());
      this.#next();
      return value;
    }
    const [value, end] = this.#flow(path, column);
    END_OF_LINE.lastIndex = end;
    if (!END_OF_LINE.test(this.#line())) leave();
    this.#next();
    return value;
  }

  /** A value within `{}` or `[]`, or what begins with a sign, and where it ends. */
  #flow(path: string, column: number): readonly [unknown, number] {
    this.#place(path, column);
    const line = this.#line();
    const first = line[column];
    if (first === "[") return this.#flowList(path, column + 1);
    if (first === "{") return this.#flowMapping(path, column + 1);
    if (first === '"' || first === "'") {
      QUOTED.lastIndex = column;
      const [, double, single] = QUOTED.exec(line) ?? leave();
      return [double ?? single, QUOTED.lastIndex];
    }
    let end = column;
    while (end < line.length && !",[]{}".includes(line[end] as string)) end++;
    return [plainValue(line.slice(column, end).trimEnd()), end];
  }

  #flowList(path: string, column: number): readonly [unknown, number] {
    if (++this.#depth > MAX_DEPTH) leave();
    const made: unknown[] = [];
    let at = this.#skip(column);
    if (this.#line()[at] !== "]")
      for (;;) {
        const [value, end] = this.#flow(appendToPath(path, made.length), at);
        made.push(value);
        at = this.#skip(end);
        if (this.#line()[at] === "]") break;
        at = this.#afterComma(at);
      }
    this.#depth--;
    return [made, at + 1];
  }

  #flowMapping(path: string, column: number): readonly [unknown, number] {
    if (++this.#depth > MAX_DEPTH) leave();
    const made: { [key: string]: unknown } = {};
    let at = this.#skip(column);
    if (this.#line()[at] !== "}")
      for (;;) {
        const [key, begins] = this.#key(FLOW_KEY, at, made);
        const [value, end] = this.#flow(appendToPath(path, key), begins);
        made[key] = value;
        at = this.#skip(end);
        if (this.#line()[at] === "}") break;
        at = this.#afterComma(at);
      }
    this.#depth--;
    return [made, at + 1];
  }

  #afterComma(column: number): number {
    return this.#line()[column] === "," ? this.#skip(column + 1) : leave();
  }

  #skip(column: number): number {
    let at = column;
    while (this.#line()[at] === " ") at++;
    return at;
  }
}

/** What a text without quotes stands for. */
function plainValue(text: string): unknown {
  if (!BEGINNING.test(text) || text.includes(": ") || text.includes(" #") || text.endsWith(":")) leave();
  if (INTEGER.test(text) || DECIMAL.test(text)) return Number(text);
  if (NUMERIC.test(text) || NOT_PLAIN.has(text)) leave();
  return WORDS.get(text) ?? text;
}
