import { kindOf, UNIT } from "./word-units.ts";

/** Tokens that there is room for at first, and again after a longer text. */
const KEPT = 1_024;

/** The words and signs of a text, one behind the other. They hold until the next text is read. */
export class Tokens {
  count = 0;
  hashes = new Int32Array(KEPT);
  /** Where each starts and ends in the text. */
  starts = new Int32Array(KEPT);
  ends = new Int32Array(KEPT);

  /** `text`: without accents and compatible forms; capitals count as small letters. */
  read(text: string): void {
    this.count = 0;
    if (this.hashes.length > KEPT) this.#resize(KEPT);
    for (let at = 0; at < text.length; ) {
      const start = at;
      const unit = text.charCodeAt(at++);
      const kind = kindOf(unit);
      if (kind === UNIT.blank) continue;
      let hash = hashNext(0, unit);
      if (kind === UNIT.word)
        for (; at < text.length; at += 1) {
          const next = text.charCodeAt(at);
          if (kindOf(next) !== UNIT.word) break;
          hash = hashNext(hash, next);
        }
      this.#add(hash, start, at);
    }
  }

  #add(hash: number, start: number, end: number): void {
    const token = this.count++;
    if (token === this.hashes.length) this.#resize(token * 2);
    this.hashes[token] = hash;
    this.starts[token] = start;
    this.ends[token] = end;
  }

  #resize(length: number): void {
    for (const name of ["hashes", "starts", "ends"] as const) {
      const resized = new Int32Array(length);
      resized.set(this[name].subarray(0, length));
      this[name] = resized;
    }
  }
}

/** Capitals as small letters; some signs as others. */
export function hashNext(hash: number, unit: number): number {
  return (Math.imul(hash, 31) + (unit | 0x20)) | 0;
}
