// The start: finds the file and its mark, proves them, acts on what is wrong as the settings say, and answers an open file
// with everything in it. Runs in the writer thread, under the lock. Nothing is changed before the settings allow it.

import { existsSync } from "node:fs";
import type Database from "better-sqlite3";
import type { Hole, Loaded, RowReceiver } from "../../../ports/cut-store.ts";
import { sequencesByTable } from "../file/append-row.ts";
import { buildDatabase, moveIntoPlace, type NewStore } from "../file/create-database.ts";
import type { CutRow } from "../file/cut-row.ts";
import type { LiveCuts } from "../file/live-cuts.ts";
import { type Loss, writeLoss } from "../file/loss-row.ts";
import { type Mark, MarkFile } from "../file/mark-file.ts";
import { migrate } from "../file/migrate.ts";
import { openForWriting } from "../file/open-database.ts";
import { MIGRATIONS } from "../file/schema.ts";
import type { TableProof } from "../file/set-hash.ts";
import { StoreOpenError } from "../store-open-error.ts";
import { findHole } from "./hole.ts";
import type { OpenSettings } from "./open-settings.ts";
import { probeFile, type SoundFile, type UnsoundFile } from "./probe.ts";
import { finishInterruptedSalvage, moveAside, salvage, setAsideName } from "./salvage.ts";

/** An open file, proved as far as it can be, and what was in it. */
export interface OpenedFile {
  readonly database: Database.Database;
  readonly mark: MarkFile;
  readonly storeId: string;
  readonly hashKey: Uint8Array;
  readonly proofs: readonly TableProof[];
  readonly lastSequences: readonly number[];
  /** Undefined before the first cut. */
  readonly cut: CutRow | undefined;
  readonly liveCuts: LiveCuts;
  readonly loaded: Loaded;
}

/**
 * @param receiver gets the rows while they are read; they are no part of the answer then.
 * @throws StoreOpenError; SqliteError and system errors, which the caller names
 */
export function openFile(settings: OpenSettings, receiver: RowReceiver): OpenedFile {
  const { files } = settings;
  finishInterruptedSalvage(files, settings.wallMs);
  const mark = new MarkFile(files.mark, settings.durability === "power");
  try {
    if (!existsSync(files.database)) createFile(settings, mark);
    return openProved(settings, mark, receiver);
  } catch (thrown) {
    mark.close();
    throw thrown;
  }
}

function openProved(settings: OpenSettings, mark: MarkFile, receiver: RowReceiver): OpenedFile {
  const { files } = settings;
  const isSuspect = mark.found.mark?.suspect === true;
  let probed = probeFile(files.database, isSuspect, receiver);
  if (probed.kind === "earlier") {
    migrateFile(settings, probed.store);
    probed = probeFile(files.database, isSuspect, receiver);
  }
  if (probed.kind === "unsound") {
    resolveUnsound(settings, mark, probed);
    probed = probeFile(files.database, false, receiver);
  }
  if (probed.kind !== "sound")
    throw new StoreOpenError("UNEXPECTED", "the file that was just made does not prove");
  const hole = findHoleIn(probed, mark);
  return openSound(settings, mark, probed, hole);
}

function openSound(
  settings: OpenSettings,
  mark: MarkFile,
  sound: SoundFile,
  found: Hole | undefined,
): OpenedFile {
  const database = openForWriting(settings.files.database, settings.durability);
  mark.ensureFile();
  const { store, cut, tables, loss } = sound;
  const lastCut = cut?.number ?? 0;
  const hole = found ?? loss?.hole;
  if (hole === undefined && mark.found.mark?.cut !== lastCut) {
    // A first mark, or one that lags: the file is the newer of the two and proved.
    const { bootId, monoMs, wallMs } = cut ?? settings;
    mark.write({ storeId: store.storeId, cut: lastCut, bootId, monoMs, wallMs, suspect: false });
  }
  const highest = Math.max(lastCut, loss?.highestCut ?? 0, markedCut(mark, store.storeId));
  const loaded: Loaded = {
    storeId: store.storeId,
    fresh: cut === undefined,
    lastCut,
    nextCut: highest + 1,
    lastCutAt: cut === undefined ? undefined : { bootId: cut.bootId, monoMs: cut.monoMs, wallMs: cut.wallMs },
    hole,
    damaged: [...tables.damaged, ...(loss?.damaged ?? [])],
    unproved: loss?.unproved ?? [],
    setAside: loss?.setAside,
    rows: [],
    installationKey: Uint8Array.from(store.hashKey),
    lastSequences: sequencesByTable(sound.lastSequences),
  };
  const { proofs, liveCuts } = tables;
  const { storeId, hashKey } = store;
  return {
    database,
    mark,
    storeId,
    hashKey,
    proofs,
    lastSequences: sound.lastSequences,
    cut,
    liveCuts,
    loaded,
  };
}

/** No file under the name: a first start, or somebody removed it. */
function createFile(settings: OpenSettings, mark: MarkFile): void {
  const lost = mark.found.mark;
  const hole = lost === undefined || lost.cut === 0 ? undefined : missingFile(lost);
  makeFresh(settings, { damaged: [], unproved: [], hole, setAside: undefined, highestCut: lost?.cut ?? 0 });
}

function missingFile(lost: Mark): Hole {
  const text = `the database is gone: the mark file tells of store ${lost.storeId} with cuts 1 to ${lost.cut}`;
  return { fromCut: 1, toCut: lost.cut, toWallMs: lost.wallMs, text };
}

function makeFresh(settings: OpenSettings, loss: Loss): void {
  const { files } = settings;
  const store: NewStore = {
    storeId: settings.newStoreId,
    hashKey: settings.newHashKey,
    createdMs: settings.wallMs,
  };
  const isLoss = loss.hole !== undefined || loss.setAside !== undefined;
  buildDatabase(files.building, store, (database) => {
    if (isLoss) writeLoss(database, loss);
  });
  if (loss.setAside === undefined) moveAside(files, setAsideName(files, settings.wallMs));
  moveIntoPlace(files.building, files.database);
}

function resolveUnsound(settings: OpenSettings, mark: MarkFile, found: UnsoundFile): void {
  const { files, wallMs } = settings;
  if (settings.onCorrupt === "refuse") {
    const text = `the file does not prove: ${found.text}. Nothing was changed. Set on_corrupt to salvage or start_fresh to go on`;
    throw new StoreOpenError("CORRUPT_REFUSED", text);
  }
  const lost = mark.found.mark;
  if (settings.onCorrupt === "start_fresh") {
    const setAside = setAsideName(files, wallMs);
    moveAside(files, setAside);
    const name = setAside.slice(files.directory.length + 1);
    makeFresh(settings, {
      damaged: [],
      unproved: [],
      hole: undefined,
      setAside: name,
      highestCut: lost?.cut ?? 0,
    });
    return;
  }
  const storeId = found.store?.storeId ?? lost?.storeId ?? settings.newStoreId;
  const file = { storeId, number: found.cut?.number ?? lost?.cut ?? 0, wallMs: found.cut?.wallMs };
  const hole = findHole(file, mark.found);
  const store = {
    storeId,
    hashKey: found.store?.hashKey ?? settings.newHashKey,
    createdMs: found.store?.createdMs ?? wallMs,
  };
  const { bootId, monoMs } = settings;
  salvage(files, found, { store, hole, markedCut: lost?.cut ?? 0, bootId, monoMs, wallMs });
}

function findHoleIn(sound: SoundFile, mark: MarkFile): Hole | undefined {
  const { store, cut, loss } = sound;
  // A file made in the place of another says so itself; its mark is still that of the other until the first cut.
  const isReplacement = cut === undefined && loss !== undefined;
  if (isReplacement) return undefined;
  return findHole({ storeId: store.storeId, number: cut?.number ?? 0, wallMs: cut?.wallMs }, mark.found);
}

function markedCut(mark: MarkFile, storeId: string): number {
  const found = mark.found.mark;
  return found?.storeId === storeId ? found.cut : 0;
}

function migrateFile(settings: OpenSettings, store: SoundFile["store"]): void {
  const { files, durability } = settings;
  const database = openForWriting(files.database, durability);
  try {
    migrate(database, store, MIGRATIONS, (version) => `${files.database}.version-${version}`);
  } finally {
    database.close();
  }
}
