import type { JsonDocument } from "../json/json-document.ts";
import { hintsOf, type TextHints } from "./text-hints.ts";

/** The names and values of a document as one text, and what it holds at all. */
export interface DocumentTexts {
  /** One a line, as rules on texts look at them: escapes hide nothing. */
  readonly text: string;
  readonly hints: Readonly<TextHints>;
}

const known = new WeakMap<JsonDocument, DocumentTexts>();

/** Read once per document, for all that look at it. */
export function textsOf(document: JsonDocument): DocumentTexts {
  let texts = known.get(document);
  if (texts === undefined) {
    const text = document.texts.join("\n");
    texts = { text, hints: hintsOf(text) };
    known.set(document, texts);
  }
  return texts;
}
