// The one row that says which cut the file holds, when it was made, and what proves the tables at that cut.

import { crc32 } from "node:zlib";
import type Database from "better-sqlite3";
import { APPEND_TABLES, type AppendTable, STATE_TABLES, type StateTable } from "../../../ports/cut-store.ts";
import type { JournalSpan } from "./journal.ts";
import {
  ADDITIONS,
  FIRST_APPEND_TABLES,
  FIRST_STATE_TABLES,
  isStateTable,
  JOURNAL_VERSION,
} from "./schema.ts";
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
  readonly journal: JournalSpan;
  /** Proofs of tables that a newer release added: kept as they are, so that it finds them again. */
  readonly foreign: Uint8Array;
}

const PROOF_BYTES = 16;
const SEQUENCE_BYTES = 8;
const SPAN_BYTES = 16;

/** Where the proof of a table stands, or the last sequence of an append table: those of the first version, then the added ones. */
const PLACES = new Map<StateTable | AppendTable, number>();
let knownBytes = 0;
let spanPlace = 0;
for (const table of [...FIRST_STATE_TABLES, ...FIRST_APPEND_TABLES]) addPlace(table);
for (const { version, tables } of ADDITIONS) {
  if (version === JOURNAL_VERSION) {
    spanPlace = knownBytes;
    knownBytes += SPAN_BYTES;
  }
  for (const table of tables) addPlace(table);
}
const SPAN_PLACE = spanPlace;
const KNOWN_BYTES = knownBytes;
const FIRST_BYTES = FIRST_STATE_TABLES.length * PROOF_BYTES + FIRST_APPEND_TABLES.length * SEQUENCE_BYTES;

function addPlace(table: StateTable | AppendTable): void {
  PLACES.set(table, knownBytes);
  knownBytes += isStateTable(table) ? PROOF_BYTES : SEQUENCE_BYTES;
}

function placeOf(table: StateTable | AppendTable): number {
  const place = PLACES.get(table);
  if (place === undefined) throw new RangeError(`${table} is in no version of the file: add it to ADDITIONS`);
  return place;
}

const STATE_PLACES = STATE_TABLES.map(placeOf);
const APPEND_PLACES = APPEND_TABLES.map(placeOf);

/** Packs the proofs as they stand; the result is a view of `packed`'s own buffer. */
export class ProofPacker {
  readonly #bytes: Buffer;

  constructor(foreign: Uint8Array) {
    this.#bytes = Buffer.alloc(KNOWN_BYTES + foreign.byteLength);
    this.#bytes.set(foreign, KNOWN_BYTES);
  }

  pack(proofs: readonly TableProof[], lastSequences: readonly number[], journal: JournalSpan): Buffer {
    for (let index = 0; index < STATE_PLACES.length; index++) {
      const at = STATE_PLACES[index] as number;
      const proof = proofs[index] as TableProof;
      this.#bytes.writeUInt32LE(proof.low, at);
      this.#bytes.writeUInt32LE(proof.high, at + 4);
      this.#bytes.writeDoubleLE(proof.rowCount, at + 8);
    }
    for (let index = 0; index < APPEND_PLACES.length; index++) {
      this.#bytes.writeDoubleLE(lastSequences[index] ?? 0, APPEND_PLACES[index]);
    }
    this.#bytes.writeDoubleLE(journal.folded, SPAN_PLACE);
    this.#bytes.writeDoubleLE(journal.last, SPAN_PLACE + 8);
    return this.#bytes;
  }
}

export interface CutInstant {
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
  // One flipped bit of a row's header makes a column NULL, or a number of it.
  if (!Buffer.isBuffer(proofs) || checksum(instant, proofs) !== columns.crc) return "damaged";
  if (proofs.byteLength < FIRST_BYTES) return "damaged";
  // A file of an earlier version says nothing of tables that came later: they are new, and empty.
  const stored: StoredProof[] = STATE_PLACES.map((at) =>
    at >= proofs.byteLength
      ? { low: 0, high: 0, rowCount: 0 }
      : {
          low: proofs.readUInt32LE(at),
          high: proofs.readUInt32LE(at + 4),
          rowCount: proofs.readDoubleLE(at + 8),
        },
  );
  const lastSequences = APPEND_PLACES.map((at) => (at >= proofs.byteLength ? 0 : proofs.readDoubleLE(at)));
  const journal =
    SPAN_PLACE >= proofs.byteLength
      ? { folded: number, last: number }
      : { folded: proofs.readDoubleLE(SPAN_PLACE), last: proofs.readDoubleLE(SPAN_PLACE + 8) };
  return {
    ...instant,
    proofs: stored,
    lastSequences,
    journal,
    foreign: Uint8Array.from(proofs.subarray(KNOWN_BYTES)),
  };
}
