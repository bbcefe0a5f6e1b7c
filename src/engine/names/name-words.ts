/**
 * The words of a name in snake, kebab, dotted, camel or Pascal case, in lower case: `getHTTPSettings` and `get_http-settings`
 * are get, http, settings; digits are words of their own.
 */
export function wordsOf(name: string): string[] {
  return name
    .replace(
      /(?<=\p{Ll})(?=\p{Lu})|(?<=\p{Lu})(?=\p{Lu}\p{Ll})|(?<=\p{L})(?=\p{N})|(?<=\p{N})(?=\p{L})/gu,
      " ",
    )
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word !== "");
}
