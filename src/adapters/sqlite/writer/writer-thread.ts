// The writer thread's loop: cuts as they come, housekeeping in the gaps. It dies of nothing that a cut or the disk does;
// it ends when it is asked to close, never by being terminated (better-sqlite3 does not survive that).

import { statSync } from "node:fs";
import type { MessagePort } from "node:worker_threads";
import type Database from "better-sqlite3";
import { failureCode, failureText, isFull } from "../sqlite-failure.ts";
import type { OpenedFile } from "../start/open-file.ts";
import type { OpenSettings } from "../start/open-settings.ts";
import type { Sizes, WriteRequest, WriterReply, WriterRequest } from "../worker-messages.ts";
import { CutWriter, type Timings } from "./cut-writer.ts";
import { FileWatch } from "./file-watch.ts";
import { Housekeeper } from "./housekeeper.ts";

/** How often the names of the files are compared with what is open, and the idle log is cut off. */
const LOOK_EVERY_MS = 1_000;

/** So long after a cut the next one may come at any moment: housekeeping does one piece at once and waits with the others. */
const NEXT_CUT_MS = 8;

/** Sizes are measured anew after so long: asking for them takes as long as writing 50 rows, and nobody looks more often. */
const SIZES_EVERY_MS = 50;

export class WriterThread {
  readonly #port: MessagePort;
  readonly #settings: OpenSettings;
  readonly #file: OpenedFile;
  readonly #watch: FileWatch;
  readonly #writer: CutWriter;
  readonly #housekeeper: Housekeeper;
  readonly #timer: NodeJS.Timeout;
  readonly #pageCount: Database.Statement<[], number>;
  readonly #pageBytes: number;
  #isGapPlanned = false;
  #pause: NodeJS.Timeout | undefined;
  #lastWriteMs = 0;
  #sizes: Sizes | undefined;
  #sizesMs = 0;
  #noticed: string | undefined;
  #isClosed = false;

  constructor(port: MessagePort, settings: OpenSettings, file: OpenedFile) {
    this.#port = port;
    this.#settings = settings;
    this.#file = file;
    const { database, wal, mark, lock } = settings.files;
    // A write lock taken and given back: the log file exists from here and can be watched.
    file.database.exec("BEGIN IMMEDIATE; ROLLBACK");
    this.#watch = new FileWatch([database, wal, mark, lock]);
    this.#writer = new CutWriter(file, this.#watch);
    this.#housekeeper = new Housekeeper(file.database, this.#writer, settings.fileMaxBytes);
    this.#pageCount = file.database.prepare<[], number>("PRAGMA page_count").pluck();
    this.#pageBytes = Number(file.database.pragma("page_size", { simple: true }));
    this.#timer = setInterval(() => this.#look(), LOOK_EVERY_MS);
    port.on("message", (request: WriterRequest) =>
      request.kind === "write" ? this.#write(request) : this.#close(),
    );
  }

  /** What the files take now, bytes; about 10 µs. @throws SqliteError */
  sizes(): Sizes {
    const fileBytes = (this.#pageCount.get() ?? 0) * this.#pageBytes;
    return { fileBytes, walBytes: statSync(this.#settings.files.wal, { throwIfNoEntry: false })?.size ?? 0 };
  }

  #write(cut: WriteRequest): void {
    const { number, records } = cut;
    // Before it is written: should it need room, ages count from its own instant.
    this.#housekeeper.noteCut(cut.wallMs);
    try {
      const timings = this.#writeWithRoom(cut);
      this.#noticed = undefined;
      // The cut is durable: nothing that is only measured may turn its receipt into a failure.
      this.#reply({ kind: "written", number, ...timings, records, sizes: this.#sizesIfKnown() }, [records]);
    } catch (thrown) {
      const cause =
        isFull(thrown) && this.#isAtCap() ? "the file has reached its size limit" : causeText(thrown);
      if (failureCode(thrown).startsWith("SQLITE_CORRUPT")) this.#noteDamage();
      this.#reply({ kind: "write_failed", cause, records, sizes: this.#sizesIfKnown() }, [records]);
    }
    this.#lastWriteMs = performance.now();
    clearTimeout(this.#pause);
    this.#planGap();
  }

  /** At the file's own cap room is made and the cut tried once more, past the journal: what only deletes rows needs no page then. */
  #writeWithRoom(cut: WriteRequest): Timings {
    try {
      return this.#writer.write(cut);
    } catch (thrown) {
      if (!isFull(thrown) || !this.#housekeeper.isAtCap()) throw thrown;
      this.#housekeeper.makeRoom();
      return this.#writer.write(cut, "tables");
    }
  }

  #planGap(): void {
    if (this.#isGapPlanned || this.#isClosed) return;
    this.#isGapPlanned = true;
    // After the messages that are already there: cuts go first.
    setImmediate(() => {
      this.#isGapPlanned = false;
      if (this.#isClosed) return;
      if (this.#housekeep(() => this.#housekeeper.doPiece())) this.#planNext();
    });
  }

  /** Between cuts that follow each other closely there is room for one piece; in a longer gap for one after the other. */
  #planNext(): void {
    clearTimeout(this.#pause);
    const isGap = performance.now() - this.#lastWriteMs >= NEXT_CUT_MS;
    if (isGap || this.#housekeeper.isBehind) this.#planGap();
    else this.#pause = setTimeout(() => this.#planGap(), NEXT_CUT_MS);
  }

  /** False too when the file cannot even be asked. */
  #isAtCap(): boolean {
    let isAtCap = false;
    this.#housekeep(() => {
      isAtCap = this.#housekeeper.isAtCap();
      return false;
    });
    return isAtCap;
  }

  /** A failing piece is tried again after the next cut; whether the file fails is said by the cuts alone. */
  #housekeep(piece: () => boolean): boolean {
    try {
      return piece();
    } catch (thrown) {
      if (failureCode(thrown).startsWith("SQLITE_CORRUPT")) this.#noteDamage();
      if (failureCode(thrown) === "") throw thrown;
      return false;
    }
  }

  #look(): void {
    const change = this.#watch.findChange();
    if (change !== this.#noticed) {
      this.#noticed = change;
      this.#reply({ kind: "noticed", failure: change, sizes: this.#sizesIfKnown() }, []);
    }
    if (change === undefined && this.#housekeep(() => this.#housekeeper.doIdlePiece())) this.#planGap();
  }

  #noteDamage(): void {
    try {
      this.#writer.noteDamage();
    } catch (thrown) {
      // The mark cannot be written either: the next start then proves the rows, as always, but not the indexes.
      if (failureCode(thrown) === "") throw thrown;
    }
  }

  #sizesIfKnown(): Sizes {
    const nowMs = performance.now();
    if (this.#sizes !== undefined && nowMs - this.#sizesMs < SIZES_EVERY_MS) return this.#sizes;
    try {
      this.#sizes = this.sizes();
      this.#sizesMs = nowMs;
      return this.#sizes;
    } catch {
      // The file cannot even be measured; the failure itself is what counts.
      return { fileBytes: 0, walBytes: 0 };
    }
  }

  #close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    clearInterval(this.#timer);
    clearTimeout(this.#pause);
    this.#housekeep(() => {
      this.#housekeeper.finish();
      return false;
    });
    this.#file.database.close();
    this.#file.mark.close();
    this.#reply({ kind: "closed" }, []);
    this.#port.close();
  }

  #reply(reply: WriterReply, transfer: ArrayBuffer[]): void {
    this.#port.postMessage(reply, transfer);
  }
}

function causeText(thrown: unknown): string {
  const isOurs = failureCode(thrown) === "GONE" || failureCode(thrown) === "";
  return isOurs && thrown instanceof Error ? thrown.message : failureText(thrown);
}
