import { invalidField } from "../../domain/errors.ts";

// Opaque page tokens: the place of the last entry told, and a mark of the filters they are for.

const DEFAULT_PAGE_SIZE = 100;
const MAX_PAGE_SIZE = 1_000;

export function pageSizeFromProto(size: number | undefined): number {
  return size === undefined || size === 0 ? DEFAULT_PAGE_SIZE : Math.min(size, MAX_PAGE_SIZE);
}

/** `filters` is a canonical text of what the list was asked for. */
export function formatPageToken(number: number, key: string, filters: string): string {
  return Buffer.from(JSON.stringify([number, key, markOf(filters)])).toString("base64url");
}

/** @throws TollgateError FIELD_INVALID for a token that is none, or of a list with other filters */
export function parsePageToken(
  token: string,
  filters: string,
): { readonly number: number; readonly key: string } | undefined {
  if (token === "") return undefined;
  let parts: unknown;
  try {
    parts = JSON.parse(Buffer.from(token, "base64url").toString());
  } catch {
    throw invalidField("page_token", "is not a token of this daemon");
  }
  if (!Array.isArray(parts)) throw invalidField("page_token", "is not a token of this daemon");
  const [number, key, mark] = parts as unknown[];
  if (typeof number !== "number" || typeof key !== "string")
    throw invalidField("page_token", "is not a token of this daemon");
  if (mark !== markOf(filters)) throw invalidField("page_token", "belongs to a list with other filters");
  return { number, key };
}

/** 32 bits of FNV-1a: a token of other filters is a mistake, not an attack. */
function markOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  return hash >>> 0;
}
