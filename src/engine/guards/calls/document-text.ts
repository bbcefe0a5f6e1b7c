import type { JsonValue } from "../../json/json-document.ts";

/** Every name and value of a document, one a line, as rules on texts look at them: escapes hide nothing. */
export function documentText(value: JsonValue): string {
  const parts: string[] = [];
  collect(value, parts);
  return parts.join("\n");
}

function collect(value: JsonValue, parts: string[]): void {
  if (value === null || typeof value === "boolean") return;
  if (Array.isArray(value)) for (const item of value) collect(item, parts);
  else if (typeof value === "object")
    for (const [name, field] of Object.entries(value)) {
      parts.push(name);
      collect(field, parts);
    }
  else parts.push(String(value));
}
