// A text under another one: the same order of characters, each with where it came from, so that what is found below is told
// in places of the text that came.

/** What stands under a text: same order, each character with where it came from. */
export interface Layer {
  readonly text: string;
  /** Place of each character in the text below, and of the end. */
  readonly places: readonly number[];
}

export interface LayerBuilder {
  add(letters: string, place: number): void;
  /** Undefined when nothing changed. */
  end(below: string): Layer | undefined;
}

export function createLayer(): LayerBuilder {
  let text = "";
  const places: number[] = [];
  return {
    add(letters, place) {
      text += letters;
      for (let unit = 0; unit < letters.length; unit += 1) places.push(place);
    },
    end(below) {
      if (text === below) return undefined;
      places.push(below.length);
      return { text, places };
    },
  };
}

/** Characters that are not seen: between them a secret is still one. */
const INVISIBLE = /\p{Default_Ignorable_Code_Point}/u;

/** Full-width and other compatible letters as plain ones, without what is not seen; undefined when nothing changed. */
export function foldLetters(text: string): Layer | undefined {
  if (isAscii(text)) return undefined;
  const builder = createLayer();
  let at = 0;
  for (const letter of text) {
    if (letter <= "\u007f") builder.add(letter, at);
    else if (!INVISIBLE.test(letter)) builder.add(letter.normalize("NFKC"), at);
    at += letter.length;
  }
  return builder.end(text);
}

export function isAscii(text: string): boolean {
  for (let at = 0; at < text.length; at += 1) if (text.charCodeAt(at) > 0x7f) return false;
  return true;
}
