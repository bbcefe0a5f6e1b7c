// Reads protobuf in one pass, field by field, as long as it is what it usually is: short ASCII texts, numbers far from the bounds of their
// type. Whoever reads with it leaves everything else to the general way.

/** Longest text that is read here, bytes: all ASCII, and within the bounds of every name. */
const MAX_TEXT = 128;
/** Bytes of a number that is read here: 28 bits, within the bounds of all that is counted in messages. */
const MAX_NUMBER_BYTES = 4;
/** Bytes of an amount: 42 bits, within the bounds of every amount. */
const MAX_AMOUNT_BYTES = 6;
/** Of an id: no space. */
export const FIRST_VISIBLE = 0x21;

/** How a field is encoded. */
export const NUMBER = 0;
export const BYTES = 2;

/** The tag of a field: its number and how it is encoded. */
export function tagOf(field: number, encoding: number): number {
  return field * 8 + encoding;
}

/** One pass over the bytes of one request. */
export class PlainReader {
  readonly bytes: Buffer;
  at = 0;
  /** Something is there that is not plain. */
  failed = false;

  constructor(bytes: Buffer) {
    this.bytes = bytes;
  }

  number(): number {
    let value = 0;
    for (let place = 0; place < MAX_NUMBER_BYTES; place++) {
      const byte = this.bytes[this.at++] ?? 0x80;
      value |= (byte & 0x7f) << (place * 7);
      if (byte < 0x80) return value;
    }
    return this.fail(0);
  }

  amount(): bigint {
    let value = 0;
    let factor = 1;
    for (let place = 0; place < MAX_AMOUNT_BYTES; place++) {
      const byte = this.bytes[this.at++] ?? 0x80;
      value += (byte & 0x7f) * factor;
      if (byte < 0x80) return BigInt(value);
      factor *= 128;
    }
    return this.fail(0n);
  }

  flag(): boolean {
    const value = this.number();
    return value > 1 ? this.fail(false) : value === 1;
  }

  /** Where the message that begins here ends. */
  end(within: number): number {
    const length = this.number();
    const end = this.at + length;
    return end > within ? this.fail(this.at) : end;
  }

  /** The message that ends here has been read: nothing in it reached beyond it. */
  leave(end: number): void {
    if (this.at !== end) this.fail(undefined);
  }

  /** A text of visible characters; `least` is the smallest of them. */
  text(within: number, least = 0x20): string {
    const end = this.end(within);
    const from = this.at;
    if (end - from > MAX_TEXT || end === from) return this.fail("");
    for (let at = from; at < end; at++) {
      const code = this.bytes[at] as number;
      if (code < least || code > 0x7e) return this.fail("");
    }
    this.at = end;
    return this.bytes.toString("latin1", from, end);
  }

  /** A text that often is `usual`, which was read before: then that very string. */
  usualText(within: number, usual: string | undefined): string {
    const start = this.at;
    const end = this.end(within);
    if (usual !== undefined && end - this.at === usual.length) {
      let at = 0;
      while (at < usual.length && this.bytes[this.at + at] === usual.charCodeAt(at)) at++;
      if (at === usual.length) {
        this.at = end;
        return usual;
      }
    }
    if (this.failed) return "";
    this.at = start;
    return this.text(within);
  }

  fail<T>(value: T): T {
    this.failed = true;
    this.at = this.bytes.length;
    return value;
  }
}
