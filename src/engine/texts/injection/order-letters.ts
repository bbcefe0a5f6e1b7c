// Words whose letters are mixed up or doubled, read as they are by everybody: first and last letter, and the letters between.

const MIXED_UP =
  "ignore disregard forget bypass override previous earlier instructions instruction system prompt guidelines reveal password everything secret commands conversation restrictions developer unrestricted".split(
    " ",
  );

const byLetters: ReadonlyMap<string, string> = new Map(MIXED_UP.map((word) => [lettersOf(word), word]));
/** A bit for each letter of a word. */
const letterSets: ReadonlySet<number> = new Set(MIXED_UP.map((word) => letterSetOf(word, 0, word.length)));
/** By first and last letter whether a word has them. */
const firstAndLast = new Uint8Array(0x400);
for (const word of MIXED_UP) firstAndLast[endsOf(word.charCodeAt(0), word.charCodeAt(word.length - 1))] = 1;

/** Two letters as one number, capitals as small ones. */
function endsOf(first: number, last: number): number {
  return ((first & 0x1f) << 5) | (last & 0x1f);
}

/** Whether the first and last letter are those of such a word. */
export function mayBeMixedUp(first: number, last: number): boolean {
  return firstAndLast[endsOf(first, last)] !== 0;
}

function lettersOf(word: string): string {
  const inner = Array.from(new Set(word.slice(1, -1)))
    .sort()
    .join("");
  return word.charAt(0) + inner + word.charAt(word.length - 1);
}

function letterSetOf(text: string, start: number, end: number): number {
  let letters = 0;
  for (let at = start; at < end; at += 1) letters |= 1 << (text.charCodeAt(at) & 0x1f);
  return letters;
}

export const MIXED_MIN_LENGTH = 6;
export const MIXED_MAX_LENGTH = 14;

/** `ignroe prevoius instrutcions`; a slip of the pen gives the same order. */
export function orderLetters(text: string): string | undefined {
  let under = "";
  let changed = 0;
  let done = 0;
  for (let at = 0; at < text.length; at += 1) {
    const start = at;
    while (at < text.length && at - start < MIXED_MAX_LENGTH && isLetter(text.charCodeAt(at))) at += 1;
    if (at - start < MIXED_MIN_LENGTH) continue;
    const meant = findMeant(text, start, at);
    if (meant !== undefined) {
      under += text.slice(done, start) + meant;
      done = at;
      changed += 1;
    }
    // What follows a word that is too long is a word of its own.
    at -= 1;
  }
  return changed >= 1 ? under + text.slice(done) : undefined;
}

/** Whether a whole word holds such letters. `isPlain`: it is nothing but letters. */
export function isMixedUp(text: string, start: number, end: number, isPlain: boolean): boolean {
  if (isPlain && end - start <= MIXED_MAX_LENGTH) return findMeant(text, start, end) !== undefined;
  return orderLetters(text.slice(start, end)) !== undefined;
}

function isLetter(unit: number): boolean {
  return (unit >= 0x61 && unit <= 0x7a) || (unit >= 0x41 && unit <= 0x5a);
}

/** The word that is meant by letters in another order. */
function findMeant(text: string, start: number, end: number): string | undefined {
  if (firstAndLast[endsOf(text.charCodeAt(start), text.charCodeAt(end - 1))] === 0) return undefined;
  if (!letterSets.has(letterSetOf(text, start, end))) return undefined;
  const word = text.slice(start, end).toLowerCase();
  const meant = byLetters.get(lettersOf(word));
  return meant === word || Math.abs((meant?.length ?? 0) - word.length) > 2 ? undefined : meant;
}
