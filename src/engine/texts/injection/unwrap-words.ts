// Forms in which a sentence is still read by a model, but not by a list of words: joined, tagged, spelled in Morse, shifted, each word
// backwards. Each gives the sentence back, or undefined when the text has not that form.

/** Names of programs have fewer words. */
const JOINED = /(?<![A-Za-z])(?:[A-Za-z]{1,24}(?:[_.][A-Za-z]{1,24}){4,200}|(?:[A-Z][a-z]{0,23}){5,200})/g;

/** `Ignore_all_previous_instructions`, `IgnoreAllPreviousInstructions` */
export function splitJoined(text: string): string | undefined {
  let changed = false;
  const under = text.replace(JOINED, (name) => {
    changed = true;
    return name.replace(/[_.]/g, " ").replace(/([a-z])([A-Z])/g, "$1 $2");
  });
  return changed ? under : undefined;
}

const TAG =
  /<\/?(?:b|i|u|s|em|strong|span|font|small|mark|a|p|div|td|tr|li|ul|br|h[1-6]|code|wbr)\b[^<>]{0,200}>|<!--[^<>]{0,40}-->/gi;

/** `<b>Ignore</b> <b>all</b>`, `ig<i></i>nore` */
export function stripTags(text: string): string | undefined {
  let tags = 0;
  const under = text.replace(TAG, () => {
    tags += 1;
    return "";
  });
  return tags > 1 ? under : undefined;
}

/** `erongI lla suoiverp snoitcurtsni`: the order of the words stays. */
export function reverseWords(text: string): string {
  return text.replace(/[\p{L}\p{N}']+/gu, (word) => Array.from(word).reverse().join(""));
}

/** Words of one letter each time, the words themselves further apart: `F r o m   n o w`. */
export function closeLetters(text: string): string | undefined {
  if (!/\S \S \S {2,}\S/.test(text)) return undefined;
  return text
    .replace(/(?<!\S)\S(?: \S){1,30}(?!\S)/g, (word) => word.replaceAll(" ", ""))
    .replace(/ {2,}/g, " ");
}

const MORSE: ReadonlyMap<string, string> = new Map(
  ".- -... -.-. -.. . ..-. --. .... .. .--- -.- .-.. -- -. --- .--. --.- .-. ... - ..- ...- .-- -..- -.-- --.."
    .split(" ")
    .map((code, index) => [code, String.fromCharCode(97 + index)]),
);
const MORSE_RUN = /[.-]{1,6}(?: {1,3}(?:[/|] {0,3})?[.-]{1,6}){9,4000}/g;

export function decodeMorse(text: string): string | undefined {
  let changed = false;
  const under = text.replace(MORSE_RUN, (run) => {
    changed = true;
    return run.replace(/[.-]+ ?/g, (code) => MORSE.get(code.trim()) ?? "").replace(/[ /|]+/g, " ");
  });
  return changed ? under : undefined;
}

const SHIFTED_MAX_LENGTH = 4_096;
const CIPHER = /caesar|cipher|\brot-?\d|\bshift(?:ed)?\s(?:by|each|every|all|the letters)\b|decrypt|decode/i;
const TELLING = /ignore|instruction|prompt|password|disregard|forget|restriction|guideline|reveal/i;

/** A letter for the one so many places on; only where the text speaks of a cipher. */
export function shiftLetters(text: string): string | undefined {
  if (text.length > SHIFTED_MAX_LENGTH || !CIPHER.test(text)) return undefined;
  for (let places = 1; places < 26; places += 1) {
    const under = text.replace(/[a-z]/gi, (letter) => {
      const base = letter <= "Z" ? 65 : 97;
      return String.fromCharCode(((letter.charCodeAt(0) - base + places) % 26) + base);
    });
    if (TELLING.test(under)) return under;
  }
  return undefined;
}
