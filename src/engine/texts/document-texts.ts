import { isJsonArray, isJsonObject, type JsonDocument, type JsonValue } from "../json/json-document.ts";
import { hintsOf, type TextHints } from "./text-hints.ts";

/** The names and values of a document as one text, and what it holds at all. */
export interface DocumentTexts {
  /** One a line, as rules on texts look at them: escapes hide nothing. */
  readonly text: string;
  readonly hints: TextHints;
}

const known = new WeakMap<JsonDocument, DocumentTexts>();

/** Read once per document, for all that look at it. */
export function textsOf(document: JsonDocument): DocumentTexts {
  let texts = known.get(document);
  if (texts === undefined) {
    const parts: string[] = [];
    collectTexts(document.value, parts);
    const text = parts.join("\n");
    texts = { text, hints: hintsOf(text) };
    known.set(document, texts);
  }
  return texts;
}

function collectTexts(value: JsonValue, parts: string[]): void {
  if (typeof value === "string") parts.push(value);
  else if (typeof value === "number") parts.push(String(value));
  else if (isJsonArray(value)) for (const item of value) collectTexts(item, parts);
  else if (isJsonObject(value))
    for (const name in value) {
      parts.push(name);
      collectTexts(value[name] as JsonValue, parts);
    }
}
