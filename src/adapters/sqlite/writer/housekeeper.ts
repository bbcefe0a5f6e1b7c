// What the file needs besides cuts: checkpoints, folding the journal, and retention of appended rows. One small piece at a time, only in the
// gaps between cuts; a piece takes <= 5 ms (a checkpoint as long as the disk needs for the pages of one interval).

import type Database from "better-sqlite3";
import { isFull } from "../sqlite-failure.ts";
import { type CheckpointState, checkpoint, prepareFrameCount } from "./checkpoint.ts";
import type { CutWriter } from "./cut-writer.ts";
import { JournalFolder } from "./journal-folder.ts";
import { Retention } from "./retention.ts";

/**
 * Bytes of the log after which a passive checkpoint is due. Each page that changed since the last one is copied once however
 * often it changed, and a cut may have to wait for all of them. With 8 MiB 8 % less was written and the slowest cuts took
 * 15 ms instead of 10 (docs/decisions/0019-a-journal-of-cuts.md).
 */
const PASSIVE_BYTES = 1024 * 1024;

/** Log bytes beyond which the log is cut off even under load; also the alarm of operators. */
export const WAL_MAX_BYTES = 64 * 1024 * 1024;

/** Without a cut for this long the log is cut off. */
const IDLE_MS = 1_000;

export class Housekeeper {
  readonly #database: Database.Database;
  readonly #folder: JournalFolder;
  readonly #retention: Retention;
  readonly #pageBytes: number;
  readonly #countFrames: () => CheckpointState;
  #lastCutAt = performance.now();
  #isLogEmpty = false;

  constructor(database: Database.Database, writer: CutWriter, fileMaxBytes: number) {
    this.#database = database;
    this.#folder = new JournalFolder(database, writer, fileMaxBytes);
    this.#retention = new Retention(database, fileMaxBytes);
    this.#countFrames = prepareFrameCount(database);
    this.#pageBytes = Number(database.pragma("page_size", { simple: true }));
  }

  /** Told after every cut, with the wall clock of the cut: housekeeping reads no clock of its own for ages of rows. */
  noteCut(wallMs: number): void {
    this.#lastCutAt = performance.now();
    this.#isLogEmpty = false;
    this.#retention.noteCut(wallMs);
  }

  /** One piece of work; true when more is due at once. @throws SqliteError */
  doPiece(): boolean {
    const log = this.#countFrames();
    if (log.frames * this.#pageBytes > WAL_MAX_BYTES) checkpoint(this.#database, "TRUNCATE");
    else if ((log.frames - log.done) * this.#pageBytes >= PASSIVE_BYTES)
      checkpoint(this.#database, "PASSIVE");
    else return this.#fold(false) || this.#retention.doPiece();
    return true;
  }

  /** The journal grows although it is folded: pieces must not wait for a longer gap. */
  get isBehind(): boolean {
    return this.#folder.isBehind;
  }

  /**
   * Called about once a second: when no cut came for a while the journal is folded, and then the log cut off.
   * True when more is due at once. @throws SqliteError
   */
  doIdlePiece(): boolean {
    if (this.#isLogEmpty || performance.now() - this.#lastCutAt < IDLE_MS) return false;
    if (this.#fold(true)) return true;
    this.#isLogEmpty = !this.#cutOffLog().busy;
    return false;
  }

  /** Before the file is closed: an empty journal and no log, what any reader understands. @throws SqliteError */
  finish(): void {
    while (this.#fold(true));
    this.#cutOffLog();
  }

  #fold(isAllDue: boolean): boolean {
    if (!this.#folder.isDue(isAllDue)) return false;
    try {
      this.#folder.doPiece();
    } catch (thrown) {
      if (!isFull(thrown) || !this.isAtCap()) throw thrown;
      this.#retention.withReserve(() => this.#folder.foldAtOnce());
    }
    return true;
  }

  #cutOffLog(): CheckpointState {
    return checkpoint(this.#database, "TRUNCATE");
  }

  /** The file is at its cap: gives back what the journal takes, and deletes the oldest rows that may be deleted. @throws SqliteError */
  makeRoom(): void {
    this.#retention.withReserve(() => {
      if (this.#folder.isDue(true)) this.#folder.foldAtOnce();
      this.#retention.deleteSome();
    });
  }

  isAtCap(): boolean {
    return this.#retention.isAtCap();
  }
}
