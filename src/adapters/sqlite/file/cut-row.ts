// The one row that says which cut the file holds, when it was made, and what proves the tables at that cut.

import { crc32 } from "node:zlib";
import type Database from "better-sqlite3";
import { APPEND_TABLES, STATE_TABLES } from "../../../ports/cut-store.ts";
import type { TableProof } from "./set-hash.ts";

/** What the file says of one state table. */
export interface StoredProof {
  readonly low: number;
  readonly high: number;
  readonly rowCount: number;
}

export interface CutRow {
  readonly number: number;
  readonly bootId: string;
  readonly monoMs: number;
  readonly wallMs: number;
  /** Of each state table, in the order of STATE_TABLES. */
  readonly proofs: readonly StoredProof[];
  /** Of each append table, in the order of APPEND_TABLES; 0 before the first row. */
  readonly lastSequences: readonly number[];
  /** Proofs of tables that a newer release added: kept as they are, so that it finds them again. */
  readonly foreign: Uint8Array;
}

const PROOF_BYTES = 16;
const SEQUENCE_BYTES = 8;
const KNOWN_BYTES = STATE_TABLES.length * PROOF_BYTES + APPEND_TABLES.length * SEQUENCE_BYTES;

/** Packs the proofs as they stand; the result is a view of `packed`'s own buffer. */
export class ProofPacker {
  readonly #bytes: Buffer;

  constructor(foreign: Uint8Array) {
    this.#bytes = Buffer.alloc(KNOWN_BYTES + foreign.byteLength);
    this.#bytes.set(foreign, KNOWN_BYTES);
  }

  pack(proofs: readonly TableProof[], lastSequences: readonly number[]): Buffer {
    let at = 0;
    for (const proof of proofs) {
      this.#bytes.writeUInt32LE(proof.low, at);
      this.#bytes.writeUInt32LE(proof.high, at + 4);
      this.#bytes.writeDoubleLE(proof.rowCount, at + 8);
      at += PROOF_BYTES;
    }
    for (const sequence of lastSequences) {
      this.#bytes.writeDoubleLE(sequence, at);
      at += SEQUENCE_BYTES;
    }
    return this.#bytes;
  }
}

interface CutInstant {
  readonly number: number;
  readonly bootId: string;
  readonly monoMs: number;
  readonly wallMs: number;
}

function checksum(cut: CutInstant, proofs: Uint8Array): number {
  return crc32(proofs, crc32(`${cut.number}\n${cut.bootId}\n${cut.monoMs}\n${cut.wallMs}`));
}

/** Writes the row; prepared once. */
export function prepareCutRow(database: Database.Database): (cut: CutInstant, proofs: Buffer) => void {
  const statement = database.prepare("INSERT OR REPLACE INTO cut VALUES (1, ?, ?, ?, ?, ?, ?)");
  return (cut, proofs) => {
    statement.run(
      BigInt(cut.number),
      cut.bootId,
      cut.monoMs,
      cut.wallMs,
      proofs,
      BigInt(checksum(cut, proofs)),
    );
  };
}

interface CutColumns {
  readonly number: number;
  readonly boot_id: string;
  readonly mono_ms: number;
  readonly wall_ms: number;
  readonly proofs: Buffer;
  readonly crc: number;
}

/** `none` in a file before its first cut, `damaged` when the row does not prove. @throws SqliteError */
export function readCutRow(database: Database.Database): CutRow | "none" | "damaged" {
  const columns = database.prepare<[], CutColumns>("SELECT * FROM cut").get();
  if (columns === undefined) return "none";
  const { number, proofs } = columns;
  const instant = { number, bootId: columns.boot_id, monoMs: columns.mono_ms, wallMs: columns.wall_ms };
  if (checksum(instant, proofs) !== columns.crc || proofs.byteLength < KNOWN_BYTES) return "damaged";
  const stored: StoredProof[] = STATE_TABLES.map((_, index) => ({
    low: proofs.readUInt32LE(index * PROOF_BYTES),
    high: proofs.readUInt32LE(index * PROOF_BYTES + 4),
    rowCount: proofs.readDoubleLE(index * PROOF_BYTES + 8),
  }));
  const sequencesAt = STATE_TABLES.length * PROOF_BYTES;
  const lastSequences = APPEND_TABLES.map((_, index) =>
    proofs.readDoubleLE(sequencesAt + index * SEQUENCE_BYTES),
  );
  return {
    ...instant,
    proofs: stored,
    lastSequences,
    foreign: Uint8Array.from(proofs.subarray(KNOWN_BYTES)),
  };
}
