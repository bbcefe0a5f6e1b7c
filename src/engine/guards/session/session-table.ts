import type { GuardId } from "../../../domain/policy/guard-ids.ts";
import { takeFreeRow } from "../../executions/table/free-rows.ts";

/** What the guards remember of one session. */
export interface GuardSession {
  readonly row: number;
  readonly key: string;
  readonly id: string;
  readonly tenant: string;
  /** By guard: plain JSON data. */
  readonly slices: { [G in GuardId]?: unknown };
  /** Wall clock: it is compared over restarts. */
  lastUsedMs: number;
  /** Characters of its last image in the file; above the bound its older half is forgotten. */
  imageLength: number;
}

/** Sessions with guard state; one more is refused when none can be forgotten. */
export const MAX_SESSIONS = 10_000;
/** Characters of one session's image. */
export const MAX_SESSION_LENGTH = 65_536;
/** How long a session that nobody uses is kept, and how long it may not be forgotten for want of room. */
export const SESSION_MEMORY_MS = 86_400_000;
export const SESSION_TTL_MS = 3_600_000;

export class SessionTable {
  readonly entries: (GuardSession | undefined)[] = [];
  readonly byKey = new Map<string, GuardSession>();
  readonly #free: number[] = [];

  allocate(): number {
    return takeFreeRow(this.#free, this.entries);
  }

  insert(entry: GuardSession): void {
    while (this.entries.length < entry.row) {
      this.#free.push(this.entries.length);
      this.entries.push(undefined);
    }
    this.entries[entry.row] = entry;
    this.byKey.set(entry.key, entry);
  }

  remove(row: number): void {
    const entry = this.entries[row];
    if (entry === undefined) return;
    this.entries[row] = undefined;
    this.byKey.delete(entry.key);
    this.#free.push(row);
  }
}
