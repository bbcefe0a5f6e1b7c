// Copies what can be read of a damaged file, row by row, into a new one that takes its place. The damaged file is moved
// aside under a name of its own and never written to.

import { existsSync, readdirSync, renameSync, rmSync } from "node:fs";
import { basename, join } from "node:path";
import type Database from "better-sqlite3";
import { RecordReader } from "../../../ports/cut-records.ts";
import {
  APPEND_TABLES,
  type AppendTable,
  type Hole,
  type RowChunk,
  STATE_TABLES,
} from "../../../ports/cut-store.ts";
import {
  APPEND_COLUMNS,
  appendedFromColumns,
  lastSequencesInFile,
  prepareAppends,
} from "../file/append-row.ts";
import { buildDatabase, moveIntoPlace, type NewStore, syncDirectory } from "../file/create-database.ts";
import { ProofPacker, prepareCutRow } from "../file/cut-row.ts";
import { writeLoss } from "../file/loss-row.ts";
import { openForReading } from "../file/open-database.ts";
import { ElementHash, RowSealer } from "../file/row-proof.ts";
import { TableProof } from "../file/set-hash.ts";
import { isDamage } from "../sqlite-failure.ts";
import type { StoreFiles } from "../store-files.ts";
import { type LoadedTables, loadTables } from "./load-tables.ts";
import type { UnsoundFile } from "./probe.ts";
import { readKeyed } from "./read-rows.ts";

/** What salvage is told besides the file. */
export interface SalvageOrder {
  readonly store: NewStore;
  readonly hole: Hole | undefined;
  /** The largest cut that the mark knows; 0 when it knows none. */
  readonly markedCut: number;
  /** When and on which boot: for the cut row, if the file's own does not prove. */
  readonly bootId: string;
  readonly monoMs: number;
  readonly wallMs: number;
}

/** Writes the new file, moves the damaged one aside, and puts the new one in its place. @throws SqliteError */
export function salvage(files: StoreFiles, found: UnsoundFile, order: SalvageOrder): void {
  const setAside = setAsideName(files, order.wallMs);
  buildDatabase(files.building, order.store, (target) => {
    const source = openSource(files.database);
    try {
      const chunks: RowChunk[] = [];
      const tables = source === undefined ? undefined : loadState(source, found, chunks);
      const proofs = copyState(chunks, order.store.hashKey, target);
      const sequences = copyAppends(source, target, found);
      const highestCut = Math.max(found.cut?.number ?? 0, order.markedCut);
      if (tables !== undefined || highestCut > 0) writeCutRow(target, order, found, proofs, sequences);
      writeLoss(target, {
        damaged: tables?.damaged ?? [],
        unproved: tables?.unproved ?? STATE_TABLES,
        hole: order.hole,
        setAside: basename(setAside),
        highestCut,
      });
    } finally {
      source?.close();
    }
  });
  // Complete from here: a start that is killed below goes on with it (finishInterruptedSalvage).
  moveIntoPlace(files.building, files.salvaged);
  moveAside(files, setAside);
  moveIntoPlace(files.salvaged, files.database);
}

/** Moves database and log under one new name. The database goes first: without it the next start knows what was going on. */
export function moveAside(files: StoreFiles, setAside: string): void {
  if (existsSync(files.database)) renameSync(files.database, setAside);
  if (existsSync(files.wal)) renameSync(files.wal, `${setAside}-wal`);
  rmSync(files.sharedMemory, { force: true });
  syncDirectory(files.directory);
}

/** A name nobody has yet: `tollgate.damaged-2026-11-21T04-05-06.789Z.db`. */
export function setAsideName(files: StoreFiles, wallMs: number): string {
  const date = new Date(wallMs);
  const stamp = Number.isNaN(date.getTime()) ? `${wallMs}` : date.toISOString().replaceAll(":", "-");
  const taken = readdirSync(files.directory);
  for (let attempt = 0; ; attempt += 1) {
    const name = `tollgate.damaged-${stamp}${attempt === 0 ? "" : `-${attempt}`}.db`;
    if (!taken.includes(name)) return join(files.directory, name);
  }
}

/** A start that was killed between moving the damaged file aside and putting the new one in place goes on from there. */
export function finishInterruptedSalvage(files: StoreFiles, wallMs: number): void {
  if (!existsSync(files.salvaged) || existsSync(files.database)) return;
  moveAside(files, setAsideName(files, wallMs));
  moveIntoPlace(files.salvaged, files.database);
}

function openSource(path: string): Database.Database | undefined {
  try {
    return openForReading(path);
  } catch (thrown) {
    if (!isDamage(thrown)) throw thrown;
    return undefined;
  }
}

/** Undefined when nothing at all can be read, not even the names of the tables. */
function loadState(source: Database.Database, found: UnsoundFile, chunks: RowChunk[]): LoadedTables {
  const key = found.store?.hashKey ?? new Uint8Array(16);
  const stored = found.store === undefined ? undefined : found.cut;
  return loadTables(source, key, stored, "salvage", (chunk) => chunks.push(chunk));
}

/** Puts every good row into the new file; the answer is what proves its tables. */
function copyState(
  chunks: readonly RowChunk[],
  hashKey: Uint8Array,
  target: Database.Database,
): readonly TableProof[] {
  const statements = STATE_TABLES.map((table) =>
    target.prepare(`INSERT OR REPLACE INTO ${table} VALUES (?, ?)`),
  );
  const sealer = new RowSealer();
  const element = new ElementHash(hashKey);
  const proofs = STATE_TABLES.map(() => new TableProof());
  for (const chunk of chunks) {
    const reader = new RecordReader(chunk.records, chunk.byteLength);
    while (reader.next()) {
      statements[reader.table]?.run(
        BigInt(reader.key),
        sealer.seal(reader.table, reader.key, reader.image()),
      );
      element.compute(reader.table, reader.key, sealer.proof.crc, sealer.proof.second);
      proofs[reader.table]?.replace(reader.key, element.low, element.high);
    }
  }
  return proofs;
}

function writeCutRow(
  target: Database.Database,
  order: SalvageOrder,
  found: UnsoundFile,
  proofs: readonly TableProof[],
  sequences: readonly number[],
): void {
  const { bootId, monoMs, wallMs } = found.cut ?? order;
  const number = found.cut?.number ?? order.markedCut;
  const foreign = found.cut?.foreign ?? new Uint8Array(0);
  const packed = new ProofPacker(foreign).pack(proofs, sequences, { folded: number, last: number });
  prepareCutRow(target)({ number, bootId, monoMs, wallMs }, packed);
}

function copyAppends(
  source: Database.Database | undefined,
  target: Database.Database,
  found: UnsoundFile,
): readonly number[] {
  const writers = prepareAppends(target);
  if (source !== undefined) {
    for (const [index, table] of APPEND_TABLES.entries()) {
      const writer = writers[index];
      if (writer !== undefined) copyAppendTable(source, table, writer);
    }
  }
  const known = lastSequencesInFile(target);
  return known.map((sequence, index) => Math.max(sequence, found.cut?.lastSequences[index] ?? 0));
}

function copyAppendTable(
  source: Database.Database,
  table: AppendTable,
  write: ReturnType<typeof prepareAppends>[number],
): void {
  readKeyed(source, table, "sequence", APPEND_COLUMNS, (columns) => {
    const [sequence, at_ms, tenant, subject, kind, body, crc] = columns as [
      number,
      number,
      string,
      string,
      string,
      string,
      number,
    ];
    const row = appendedFromColumns({ sequence, at_ms, tenant, subject, kind, body, crc });
    // A row that does not prove stays behind in the file that is set aside.
    if (row.damaged !== true) write(row);
  });
}
