import { createLayer, type Layer } from "../text-layer.ts";

/** Lower case without accents and compatible forms. */
export function normalizeText(text: string): Layer {
  const builder = createLayer();
  let at = 0;
  for (const letter of text) {
    builder.add(letter < "\u0080" ? letter.toLowerCase() : normalizeLetter(letter), at);
    at += letter.length;
  }
  return builder.end(text) ?? { text, places: Array.from({ length: text.length + 1 }, (_, place) => place) };
}

function normalizeLetter(letter: string): string {
  if (/\p{Default_Ignorable_Code_Point}/u.test(letter)) return "";
  return letter.toLowerCase().normalize("NFKD").replace(/\p{M}/gu, "").normalize("NFKC").replaceAll("’", "'");
}
