// Characters that look or act like ASCII ones in a host name. Resolvers and URL parsers differ in what they fold, so a
// guard folds all of it.

const nonAscii = /[^\0-\x7f]/;
/** Soft hyphens, zero-width characters, joiners, direction marks, variation selectors: shown as nothing, dropped by IDNA. */
const invisible = /\p{Default_Ignorable_Code_Point}/gu;
const ideographicStop = /[\u3002\uff0e\uff61]/gu;
const digit = /\p{Nd}/gu;

/** `text` with compatibility forms, digits of all scripts and ideographic full stops as ASCII and without what is not shown. */
export function foldText(text: string): string {
  if (!nonAscii.test(text)) return text;
  return text
    .replace(invisible, "")
    .replace(ideographicStop, ".")
    .normalize("NFKC")
    .replace(digit, asciiDigitOf);
}

/** Digits of a script stand in runs of ten that start where the character before is no digit, or ten further on. */
function asciiDigitOf(character: string): string {
  const point = character.codePointAt(0) ?? 0;
  if (point < 0x80) return character;
  let start = point;
  while (isDigit(start - 1)) start -= 1;
  return String((point - start) % 10);
}

const oneDigit = /^\p{Nd}$/u;

function isDigit(point: number): boolean {
  return oneDigit.test(String.fromCodePoint(point));
}
