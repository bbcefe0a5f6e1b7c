import type { JsonDocument } from "../../../../../src/engine/json/json-document.ts";
import { isJsonDocument, parseJson } from "../../../../../src/engine/json/parse-json.ts";

export function documentOf(text: string): JsonDocument {
  const result = parseJson(text);
  if (!isJsonDocument(result)) throw new Error(result.issue.message);
  return result;
}
