// The JSON text of an appended row, as cut-store.ts describes it: read here, so that all adapters agree on what is whole.

import { MalformedRecords } from "./cut-records.ts";
import type { AppendedRow } from "./cut-store.ts";

/** Bytes of the text of one appended row at most: one row must not hold up a cut. */
export const APPENDED_ROW_MAX_BYTES = 65_536;

const decoder = new TextDecoder();

/** @throws MalformedRecords when the text is not what cut-store.ts says */
export function parseAppended(sequence: number, text: Uint8Array): AppendedRow {
  if (text.byteLength > APPENDED_ROW_MAX_BYTES) {
    throw new MalformedRecords(`an appended row has ${text.byteLength} bytes`);
  }
  const { at_ms: at, tenant, subject, kind, body = null } = parseFields(text);
  const isWhole = typeof at === "number" && typeof tenant === "string" && typeof subject === "string";
  if (!isWhole || typeof kind !== "string") throw new MalformedRecords("an appended row lacks a field");
  return { sequence, atMs: Math.trunc(at), tenant, subject, kind, body: JSON.stringify(body) };
}

interface Fields {
  readonly at_ms?: unknown;
  readonly tenant?: unknown;
  readonly subject?: unknown;
  readonly kind?: unknown;
  readonly body?: unknown;
}

function parseFields(text: Uint8Array): Fields {
  try {
    const value: unknown = JSON.parse(decoder.decode(text));
    return typeof value === "object" && value !== null ? value : {};
  } catch {
    throw new MalformedRecords("an appended row is no JSON text");
  }
}
