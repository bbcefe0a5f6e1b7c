// What a character is to words, whatever the script.

/** In glued scripts, which put no blanks between words, every character is a word. */
export const UNIT = { unknown: 0, blank: 1, sign: 2, word: 3, glued: 4 } as const;

const GLUED = /[\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]/;
const WORD = /[\p{L}\p{N}_]/u;
const BLANK = /\s/;

/** By UTF-16 unit, filled when one is first met. */
const kinds = new Uint8Array(0x1_0000);

export function kindOf(unit: number): number {
  const known = kinds[unit] as number;
  return known === UNIT.unknown ? learnKind(unit) : known;
}

function learnKind(unit: number): number {
  const letter = String.fromCharCode(unit);
  const kind = GLUED.test(letter)
    ? UNIT.glued
    : WORD.test(letter)
      ? UNIT.word
      : BLANK.test(letter)
        ? UNIT.blank
        : UNIT.sign;
  kinds[unit] = kind;
  return kind;
}
