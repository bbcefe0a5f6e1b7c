import { kindOf, UNIT } from "../word-units.ts";

/** The words and signs of a text, one behind the other. They hold until the next text is read. */
export class Tokens {
  count = 0;
  hashes = new Int32Array(1_024);
  /** Where each starts and ends in the text. */
  starts = new Int32Array(1_024);
  ends = new Int32Array(1_024);

  /** `text`: without accents and compatible forms; capitals count as small letters. */
  read(text: string): void {
    this.count = 0;
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
    if (token === this.hashes.length) this.#grow();
    this.hashes[token] = hash;
    this.starts[token] = start;
    this.ends[token] = end;
  }

  #grow(): void {
    for (const name of ["hashes", "starts", "ends"] as const) {
      const longer = new Int32Array(this[name].length * 2);
      longer.set(this[name]);
      this[name] = longer;
    }
  }
}

/** Capitals as small letters; some signs as others. */
export function hashNext(hash: number, unit: number): number {
  return (Math.imul(hash, 31) + (unit | 0x20)) | 0;
}
