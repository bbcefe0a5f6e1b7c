/**
 * The words of a name in snake, kebab, dotted, camel or Pascal case, in lower case: `getHTTPSettings` and `get_http-settings`
 * are get, http, settings.
 */
export function wordsOf(name: string): string[] {
  return name
    .replace(/(?<=[\p{Ll}\p{N}])(?=\p{Lu})|(?<=\p{Lu})(?=\p{Lu}\p{Ll})/gu, " ")
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word !== "");
}
