import type { JsonDocument } from "../json/json-document.ts";
import { hintsOf, type TextHints } from "./text-hints.ts";

/** The names and values of a document as one text, and what it holds at all. */
export interface DocumentTexts {
  /** One a line, as rules on texts look at them: escapes hide nothing. */
  readonly text: string;
  readonly hints: Readonly<TextHints>;
}

let last: { readonly document: JsonDocument; readonly texts: DocumentTexts } | undefined;

/** Remembered of the last document: all guards of a call look at it one after the other. */
export function textsOf(document: JsonDocument): DocumentTexts {
  if (last?.document === document) return last.texts;
  const { lines } = document;
  last = { document, texts: { text: lines, hints: hintsOf(lines) } };
  return last.texts;
}
