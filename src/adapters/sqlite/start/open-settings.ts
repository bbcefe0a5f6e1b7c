// What the writer thread is told when it starts: plain data, it crosses a thread border.

import type { Durability } from "../file/open-database.ts";
import type { StoreFiles } from "../store-files.ts";

export type OnCorrupt = "salvage" | "refuse" | "start_fresh";

export interface OpenSettings {
  readonly files: StoreFiles;
  readonly durability: Durability;
  readonly onCorrupt: OnCorrupt;
  readonly fileMaxBytes: number;
  readonly bootId: string;
  readonly monoMs: number;
  readonly wallMs: number;
  /** For a file that has to be made: its id, and the key of its set hashes (16 bytes). */
  readonly newStoreId: string;
  readonly newHashKey: Uint8Array;
}
