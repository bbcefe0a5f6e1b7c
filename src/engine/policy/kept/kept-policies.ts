import { TollgateError } from "../../../domain/errors.ts";
import type { Now } from "../../../domain/time.ts";
import { RECORD_PUT } from "../../../ports/cut-store.ts";
import type { CutBuffer } from "../../rows/cut-buffer.ts";
import { deleteRow, tableNumber } from "../../rows/generations.ts";
import type { World } from "../../world.ts";

// Documents of tenants that operators write: every version of them as text, the last one in force. What they mean is
// compiled elsewhere.

/** One version of a tenant's document. */
export interface KeptVersion {
  readonly tenant: string;
  /** From 1; grows by one with every change. */
  readonly version: number;
  /** YAML as it was written; null: with this version it was deleted. */
  readonly text: string | null;
  /** Changes with the text; empty when there is none. */
  readonly etag: string;
  readonly by: string;
  readonly note: string | null;
  readonly atMs: number;
  /** When the first version was written. */
  readonly createdMs: number;
}

/** Versions of one tenant that are remembered. */
export const MAX_VERSIONS = 20;
/** Characters of all versions of all tenants together: a quarter of the smallest database. */
const MAX_TEXT = 67_108_864;

export class KeptPolicyTable {
  readonly entries: (KeptVersion | undefined)[] = [];
  /** Rows of a tenant's versions, the oldest first. */
  readonly #rows = new Map<string, number[]>();
  readonly #free: number[] = [];
  #characters = 0;

  /** The newest version, which may say that there is none. */
  last(tenant: string): KeptVersion | undefined {
    const row = this.#rows.get(tenant)?.at(-1);
    return row === undefined ? undefined : this.entries[row];
  }

  /** The newest first. */
  versions(tenant: string): readonly KeptVersion[] {
    return (this.#rows.get(tenant) ?? []).flatMap((row) => this.entries[row] ?? []).toReversed();
  }

  /** The documents that are kept now. */
  *current(): Generator<KeptVersion & { readonly text: string }> {
    for (const tenant of this.#rows.keys()) {
      const last = this.last(tenant);
      if (last !== undefined && last.text !== null) yield { ...last, text: last.text };
    }
  }

  get characters(): number {
    return this.#characters;
  }

  /** Row of the oldest version of a tenant that has as many as are remembered. */
  oldest(tenant: string): number | undefined {
    const rows = this.#rows.get(tenant) ?? [];
    return rows.length >= MAX_VERSIONS ? rows[0] : undefined;
  }

  allocate(): number {
    return this.#free.pop() ?? this.entries.length;
  }

  insert(row: number, entry: KeptVersion): void {
    while (this.entries.length < row) this.#free.push(this.entries.push(undefined) - 1);
    const place = this.#free.lastIndexOf(row);
    if (place >= 0) this.#free.splice(place, 1);
    this.entries[row] = entry;
    this.#characters += entry.text?.length ?? 0;
    const rows = [...(this.#rows.get(entry.tenant) ?? []), row];
    this.#rows.set(
      entry.tenant,
      rows.toSorted((one, other) => this.#version(one) - this.#version(other)),
    );
  }

  remove(row: number): void {
    const entry = this.entries[row];
    if (entry === undefined) return;
    this.entries[row] = undefined;
    this.#characters -= entry.text?.length ?? 0;
    this.#free.push(row);
    const rows = (this.#rows.get(entry.tenant) ?? []).filter((one) => one !== row);
    this.#rows.set(entry.tenant, rows);
  }

  #version(row: number): number {
    return this.entries[row]?.version ?? 0;
  }
}

/** A change of the document that is kept for a tenant. */
export interface KeptChange {
  readonly tenant: string;
  /** Undefined: there is to be none. */
  readonly text: string | undefined;
  readonly by: string;
  readonly note: string | undefined;
  /** As audit rows call it: `put`, `delete`, `rollback`. */
  readonly action: string;
}

/**
 * Writes another version; the text was judged before. The oldest version goes when there are too many.
 * @throws TollgateError POLICIES_FULL
 */
export function writeKept(world: World, change: KeptChange, now: Now): KeptVersion {
  const { keptPolicies: table, rows } = world;
  const { tenant, text, by, note, action } = change;
  const before = table.last(tenant);
  const oldest = table.oldest(tenant);
  if (table.characters + (text?.length ?? 0) > MAX_TEXT)
    throw new TollgateError("POLICIES_FULL", `documents of all tenants have at most ${MAX_TEXT} characters`);
  const row = oldest ?? table.allocate();
  rows.keptPolicies.touch(row);
  if (oldest !== undefined) table.remove(oldest);
  const entry: KeptVersion = {
    tenant,
    version: (before?.version ?? 0) + 1,
    text: text ?? null,
    etag: text === undefined ? "" : world.digest.digest128(text).slice(0, 16),
    by,
    note: note ?? null,
    atMs: now.wallMs,
    createdMs: before?.createdMs ?? now.wallMs,
  };
  table.insert(row, entry);
  world.generations.append("audit", {
    at_ms: now.wallMs,
    tenant,
    subject: "policy",
    kind: `policy_${action}`,
    body: {
      by,
      note,
      version: entry.version,
      // Texts stand in the versions; a row has room for their names alone.
      before: { version: before?.version, etag: before?.etag },
      after: { version: entry.version, etag: entry.etag },
    },
  });
  return entry;
}

const KEPT_POLICIES = tableNumber("kept_policies");

export function encodeKept(world: World, row: number, out: CutBuffer): void {
  const entry = world.keptPolicies.entries[row];
  if (entry === undefined) return deleteRow(out, KEPT_POLICIES, row);
  out.text(RECORD_PUT, KEPT_POLICIES, row, JSON.stringify(entry));
}

export function restoreKept(world: World, row: number, entry: KeptVersion): void {
  world.keptPolicies.insert(row, entry);
}
