// Puts and deletes state rows, and keeps what proves their tables. What a failed transaction changed in the proofs is taken
// back, so that memory and file agree again.

import type Database from "better-sqlite3";
import { MalformedRecords } from "../../../ports/cut-records.ts";
import { STATE_TABLES } from "../../../ports/cut-store.ts";
import { ElementHash, RowSealer } from "../file/row-proof.ts";
import { ProofJournal, type TableProof } from "../file/set-hash.ts";

export class TableWriter {
  readonly proofs: readonly TableProof[];
  readonly #puts: readonly Database.Statement[];
  readonly #deletes: readonly Database.Statement[];
  readonly #sealer = new RowSealer();
  readonly #element: ElementHash;
  readonly #journal: ProofJournal;

  constructor(database: Database.Database, proofs: readonly TableProof[], hashKey: Uint8Array) {
    this.proofs = proofs;
    this.#puts = STATE_TABLES.map((table) =>
      database.prepare(`INSERT OR REPLACE INTO ${table} VALUES (?, ?)`),
    );
    this.#deletes = STATE_TABLES.map((table) => database.prepare(`DELETE FROM ${table} WHERE key = ?`));
    this.#element = new ElementHash(hashKey);
    this.#journal = new ProofJournal(proofs);
  }

  /** Puts a row, or deletes it when there is no image. @throws MalformedRecords when nobody knows the table; SqliteError */
  write(table: number, key: number, image: Uint8Array | undefined): void {
    const [put, remove] = [this.#puts[table], this.#deletes[table]];
    if (put === undefined || remove === undefined)
      throw new MalformedRecords(`table ${table} of ${STATE_TABLES.length}`);
    if (image === undefined) {
      remove.run(bindable(key));
      this.#journal.replace(table, key, 0, 0);
      return;
    }
    put.run(bindable(key), this.#sealer.seal(table, key, image));
    this.#element.compute(table, key, this.#sealer.proof.crc, this.#sealer.proof.second);
    this.#journal.replace(table, key, this.#element.low, this.#element.high);
  }

  accept(): void {
    this.#journal.accept();
  }

  rollBack(): void {
    this.#journal.rollBack();
  }
}

/** The driver binds numbers above 2^31 as floating point; small ones cost less as they are. */
function bindable(key: number): number | bigint {
  return key <= 0x7fffffff ? key : BigInt(key);
}
