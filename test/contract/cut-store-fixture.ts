// Cuts for tests of stores: built from readable changes, read back as readable text.

import { RecordPacker, RecordReader } from "../../src/ports/cut-records.ts";
import {
  APPEND_TABLES,
  type AppendTable,
  type Cut,
  type Loaded,
  RECORD_APPEND,
  RECORD_DELETE,
  RECORD_PUT,
  STATE_TABLES,
  type StateTable,
} from "../../src/ports/cut-store.ts";

export type Change =
  | { readonly put: StateTable; readonly key: number; readonly image: Uint8Array | string }
  | { readonly remove: StateTable; readonly key: number }
  | { readonly append: AppendTable; readonly sequence: number; readonly row: unknown };

export const BOOT_ID = "boot-of-the-test";

/** Wall clock of cut n: a minute after the one before it. */
export function wallMsOf(number: number): number {
  return 1_790_000_000_000 + number * 60_000;
}

export function createCut(number: number, changes: readonly Change[]): Cut {
  const packer = new RecordPacker(1024);
  for (const change of changes) {
    if ("put" in change)
      packer.add(RECORD_PUT, STATE_TABLES.indexOf(change.put), change.key, bytesOf(change.image));
    else if ("remove" in change)
      packer.add(RECORD_DELETE, STATE_TABLES.indexOf(change.remove), change.key, bytesOf(""));
    else {
      const text = bytesOf(JSON.stringify(change.row));
      packer.add(RECORD_APPEND, APPEND_TABLES.indexOf(change.append), change.sequence, text);
    }
  }
  return { number, ...packer.finish(), bootId: BOOT_ID, monoMs: number * 60_000, wallMs: wallMsOf(number) };
}

/** A row of an append table as the engine packs it. */
export function appendedRow(fields: {
  tenant?: string;
  subject?: string;
  kind?: string;
  atMs?: number;
  body?: unknown;
}): unknown {
  const {
    tenant = "acme",
    subject = "run-1",
    kind = "step_limit",
    atMs = wallMsOf(1),
    body = { current: 6 },
  } = fields;
  return { at_ms: atMs, tenant, subject, kind, body };
}

/** All loaded state rows: `table/key` → image in hexadecimal. A row that is handed over twice is an error. */
export function rowsOf(loaded: Loaded): Map<string, string> {
  const rows = new Map<string, string>();
  for (const chunk of loaded.rows) {
    const reader = new RecordReader(chunk.records, chunk.byteLength);
    while (reader.next()) {
      const name = `${STATE_TABLES[reader.table] ?? "?"}/${reader.key}`;
      if (reader.operation !== RECORD_PUT || rows.has(name)) throw new Error(`${name} is no single put`);
      rows.set(name, Buffer.from(reader.image()).toString("hex"));
    }
  }
  return rows;
}

export function hexOf(image: Uint8Array | string): string {
  return Buffer.from(bytesOf(image)).toString("hex");
}

function bytesOf(image: Uint8Array | string): Uint8Array {
  return typeof image === "string" ? new TextEncoder().encode(image) : image;
}
