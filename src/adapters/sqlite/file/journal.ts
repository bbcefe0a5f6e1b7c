// The journal: the records of the last cuts, one row a cut, until they are folded into the tables. A cut writes pages that
// lie side by side instead of one page for every row that changed (docs/decisions/0019-a-journal-of-cuts.md).

import { crc32 } from "node:zlib";
import type Database from "better-sqlite3";
import { MalformedRecords, RecordReader, recordBytes } from "../../../ports/cut-records.ts";
import { RECORD_DELETE, RECORD_HEADER_BYTES } from "../../../ports/cut-store.ts";
import { hashWords, mixHead } from "./row-proof.ts";

/** Records of tables before this one go through the journal; an older release could not fold those of later tables. */
export const JOURNALED_TABLES = 21;

export const CREATE_JOURNAL = `
  CREATE TABLE journal (
    number INTEGER PRIMARY KEY,
    previous INTEGER NOT NULL,
    crc INTEGER NOT NULL,
    checks BLOB NOT NULL,
    records BLOB NOT NULL
  ) STRICT`;

/** Which cuts the journal holds, as the cut row tells it. */
export interface JournalSpan {
  /** Everything up to this cut is in the tables. */
  readonly folded: number;
  /** The number of the last row; `folded` when there is none. */
  readonly last: number;
}

/** Bytes that prove one image: u32 hash of its words and its padding's, in the order of the records. */
const CHECK_BYTES = 4;

/** Collects the records of one cut that go through the journal. */
export class JournalPacker {
  #source: Uint8Array = new Uint8Array(0);
  #words: Int32Array = new Int32Array(0);
  /** Stretches of the source, as pairs of places. */
  readonly #stretches: number[] = [];
  #checks = new Uint32Array(1024);
  #count = 0;
  #heads = 0;

  open(source: Uint8Array): void {
    this.#source = source;
    this.#words = wordsOf(source);
    this.#stretches.length = 0;
    this.#count = 0;
    this.#heads = 0;
  }

  /** Adds the present record of `reader`, which reads the source. */
  add(reader: RecordReader): void {
    const { operation, table, key, imageLength, start, end } = reader;
    const stretches = this.#stretches;
    if (stretches.at(-1) === start) stretches[stretches.length - 1] = end;
    else stretches.push(start, end);
    this.#heads = mixHead(this.#heads, operation, table, key, imageLength);
    if (this.#count === this.#checks.length)
      this.#checks = new Uint32Array(this.#checks.buffer.transfer(this.#checks.byteLength * 2));
    const from = start + RECORD_HEADER_BYTES;
    this.#checks[this.#count] = hashWords(this.#words, from >> 2, (end - from) >> 2, imageLength);
    this.#count += 1;
  }

  get isEmpty(): boolean {
    return this.#count === 0;
  }

  /** Views that are valid until the next `open`. */
  get records(): Buffer {
    const [from = 0, to = 0] = this.#stretches;
    if (this.#stretches.length <= 2) return asBuffer(this.#source.subarray(from, to));
    const parts: Uint8Array[] = [];
    for (let at = 0; at < this.#stretches.length; at += 2)
      parts.push(this.#source.subarray(this.#stretches[at], this.#stretches[at + 1]));
    return Buffer.concat(parts);
  }

  get checks(): Buffer {
    return Buffer.from(this.#checks.buffer, 0, this.#count * CHECK_BYTES);
  }

  get heads(): number {
    return this.#heads;
  }
}

/** What is a multiple of 4 bytes long, seen as words. */
function wordsOf(bytes: Uint8Array): Int32Array {
  return new Int32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength >> 2);
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** Proves numbers, heads and checks of a row, and through the checks its images. */
function checksum(number: number, previous: number, heads: number, checks: Uint8Array): number {
  return crc32(checks, crc32(`${number}\n${previous}\n${heads}`));
}

/** Writes one row; prepared once. Answers its bytes. */
export function prepareJournal(
  database: Database.Database,
): (number: number, previous: number, packer: JournalPacker) => number {
  const statement = database.prepare("INSERT INTO journal VALUES (?, ?, ?, ?, ?)");
  return (number, previous, packer) => {
    const { records, checks, heads } = packer;
    const crc = checksum(number, previous, heads, checks);
    statement.run(BigInt(number), BigInt(previous), BigInt(crc), checks, records);
    return records.byteLength;
  };
}

/** What `proveJournalRow` reads. */
export const JOURNAL_COLUMNS = "number, previous, crc, checks, records";

/** A row that proves, but for its images. */
export interface JournalRow {
  readonly number: number;
  readonly previous: number;
  /** By table and key: records that no later one of the same row replaces. */
  readonly latest: readonly ReadonlyMap<number, JournalRecord>[];
}

export interface JournalRecord {
  /** A view into its records, which prove as padded words. Undefined: the row was deleted. */
  readonly image: Buffer | undefined;
  readonly check: number;
}

export function imageProves({ image, check }: JournalRecord): boolean {
  if (image === undefined) return true;
  const { buffer, byteOffset, byteLength } = image;
  // Records are padded to a multiple of 8, so the last word lies within them.
  const words = (recordBytes(byteLength) - RECORD_HEADER_BYTES) >> 2;
  return hashWords(new Int32Array(buffer, byteOffset, words), 0, words, byteLength) === check;
}

/** By table: the keys that a reader of the journal knows already from later rows. */
export type KnownKeys = readonly { has(key: number): boolean }[];

/** Undefined when the row does not prove. */
export function proveJournalRow(columns: readonly unknown[], known: KnownKeys): JournalRow | undefined {
  const [number, previous, crc, checks, records] = columns;
  if (typeof number !== "number" || typeof previous !== "number") return undefined;
  if (!Buffer.isBuffer(checks) || !Buffer.isBuffer(records)) return undefined;
  try {
    const { latest, heads } = readRecords(records, checks, known);
    return checksum(number, previous, heads, checks) === crc ? { number, previous, latest } : undefined;
  } catch (thrown) {
    // What the heads say leads out of the row.
    if (thrown instanceof MalformedRecords || thrown instanceof RangeError) return undefined;
    throw thrown;
  }
}

function readRecords(records: Buffer, checks: Buffer, known: KnownKeys) {
  const latest = known.map(() => new Map<number, JournalRecord>());
  const memory = new Uint8Array(records);
  const reader = new RecordReader(memory.buffer, memory.byteLength);
  let heads = 0;
  for (let at = 0; reader.next(); at += CHECK_BYTES) {
    const { operation, table, key, imageLength } = reader;
    heads = mixHead(heads, operation, table, key, imageLength);
    const check = checks.readUInt32LE(at);
    if (known[table]?.has(key) !== false) continue;
    const image = operation === RECORD_DELETE ? undefined : asBuffer(reader.image());
    latest[table]?.set(key, { image, check });
  }
  return { latest, heads };
}
