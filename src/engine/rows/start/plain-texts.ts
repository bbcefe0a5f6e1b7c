import { type ExecutionText, parseExecutionText } from "../execution-text.ts";
import { type RowPlace, textAt } from "../loaded-rows.ts";

// The text of an execution about which nothing is unusual is a list of names: caller, id, session, parent, and whom it runs for. Most
// of a file are such texts. Their bytes are read as they lie, without the list and the strings that JSON would make: whom a
// run is for is mostly known from another one.

/** Names of a text, in the order of `execution-text.ts`. */
export const PLACE = { caller: 0, id: 1, session: 2, parent: 3, tenant: 4 } as const;
const PLACES = 9;

const QUOTE = 0x22;
const COMMA = 0x2c;
const OPEN = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE = 0x5d;
const SMALL_N = 0x6e;
const NULL_LENGTH = 4;
const FNV_PRIME = 0x01000193;

/** The first text of all that share a caller and a principal, and where its principal begins. */
interface First {
  readonly row: RowPlace;
  readonly from: number;
  readonly number: number;
}

/** One text at a time: `open` finds its names, the rest is about these. */
export class PlainTexts {
  readonly #firsts = new Map<number, First>();
  #count = 0;
  /** Where each name begins and ends, without its quotes; both 0 where there is none. */
  readonly starts = new Int32Array(PLACES);
  readonly ends = new Int32Array(PLACES);
  readonly #codes: number[] = [];

  /** False where a text holds anything but names of plain ASCII, and must be read as JSON. */
  open({ chunk: { bytes }, at, length }: RowPlace): boolean {
    const end = at + length;
    if (bytes[at] !== OPEN) return false;
    let from = at + 1;
    for (let place = 0; place < PLACES; place++) {
      let to = from;
      if (bytes[from] === QUOTE) {
        this.starts[place] = ++to;
        for (let byte = bytes[to] as number; byte !== QUOTE; byte = bytes[++to] as number)
          if (byte === BACKSLASH || byte >= 0x80 || to >= end) return false;
        this.ends[place] = to++;
      } else if (bytes[from] === SMALL_N) {
        this.starts[place] = 0;
        this.ends[place] = 0;
        to += NULL_LENGTH;
      } else return false;
      if (bytes[to] !== (place === PLACES - 1 ? CLOSE : COMMA)) return false;
      from = to + 1;
    }
    return from === end && this.starts[PLACE.caller] !== 0 && this.starts[PLACE.tenant] !== 0;
  }

  /** The number of its caller and principal together: from 0 on, each time `whole` is asked for one more. */
  sharedNumber(row: RowPlace, whole: (text: ExecutionText) => void): number {
    const { bytes } = row.chunk;
    const from = this.starts[PLACE.tenant] as number;
    const end = row.at + row.length;
    let hash = 0;
    for (let at = from; at < end; at++) hash = Math.imul(hash ^ (bytes[at] as number), FNV_PRIME);
    const known = this.#firsts.get(hash);
    // Both read as names to the same end, so none of them is longer than the other.
    if (
      known !== undefined &&
      isSameBytes(row, from, end, known.row, known.from) &&
      isSameBytes(row, row.at, (this.ends[PLACE.caller] as number) + 1, known.row, known.row.at)
    )
      return known.number;
    const number = this.#count++;
    this.#firsts.set(hash, { row, from, number });
    whole(parseExecutionText(textAt(row)));
    return number;
  }

  /** Whether two of its names are the same. */
  isSame(row: RowPlace, one: number, other: number): boolean {
    const { starts, ends } = this;
    const [from = 0, end = 0, otherFrom = 0, otherEnd = 0] = [
      starts[one],
      ends[one],
      starts[other],
      ends[other],
    ];
    return end - from === otherEnd - otherFrom && isSameBytes(row, from, end, row, otherFrom);
  }

  name({ chunk: { bytes } }: RowPlace, place: number): string | undefined {
    const start = this.starts[place] as number;
    if (start === 0) return undefined;
    const codes = this.#codes;
    codes.length = (this.ends[place] as number) - start;
    for (let at = 0; at < codes.length; at++) codes[at] = bytes[start + at] as number;
    return String.fromCharCode(...codes);
  }
}

/** Whether the bytes of one row from `from` up to `end` stand in another one from `otherFrom` on. */
function isSameBytes(row: RowPlace, from: number, end: number, other: RowPlace, otherFrom: number): boolean {
  const { bytes } = row.chunk;
  const others = other.chunk.bytes;
  for (let at = from; at < end; at++) if (bytes[at] !== others[otherFrom + at - from]) return false;
  return true;
}
