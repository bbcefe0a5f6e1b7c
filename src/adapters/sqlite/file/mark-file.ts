// The mark file: which store this is and the last cut that was acknowledged. Two slots on pages of their own are written
// in turn, so that a torn write spoils only the slot that nobody was told of yet. It is written after COMMIT and before
// the acknowledgement (reliability.md, "Order of words"): the file may be ahead of it, never behind.

import { closeSync, fdatasyncSync, fsyncSync, openSync, readSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import { crc32 } from "node:zlib";
import { syncDirectory } from "./create-database.ts";

/** What one slot says. */
export interface Mark {
  readonly storeId: string;
  readonly cut: number;
  readonly bootId: string;
  readonly monoMs: number;
  readonly wallMs: number;
  /** The database told of damage while it was in use: the next start looks at all of it. */
  readonly suspect: boolean;
}

export interface MarkFound {
  /** The newest slot that proves; undefined when there is no file or no slot does. */
  readonly mark: Mark | undefined;
  readonly exists: boolean;
  /** A slot holds something that does not prove: it was torn by a loss of power, or damaged. */
  readonly torn: boolean;
}

/** Slots lie on different pages of the disk and of the page cache. */
const SLOT_BYTES = 4096;
const SLOTS = 2;
/** Magic, length, turn, then the JSON text; CRC in front of all of it. */
const HEADER_BYTES = 24;
const MAGIC = 0x4b4d4754;

function encodeSlot(mark: Mark, turn: number): Buffer {
  const text = Buffer.from(JSON.stringify(mark), "utf8");
  const slot = Buffer.alloc(512);
  if (HEADER_BYTES + text.byteLength > slot.byteLength) throw new RangeError("a mark does not fit its slot");
  slot.writeUInt32LE(MAGIC, 4);
  slot.writeUInt32LE(text.byteLength, 8);
  slot.writeDoubleLE(turn, 16);
  text.copy(slot, HEADER_BYTES);
  slot.writeUInt32LE(crc32(slot.subarray(4)), 0);
  return slot;
}

type Slot = { readonly mark: Mark; readonly turn: number } | { readonly damagedTurn: number } | "empty";

function decodeSlot(slot: Buffer): Slot {
  const sector = slot.subarray(0, 512);
  if (sector.every((byte) => byte === 0)) return "empty";
  if (sector.byteLength < 512) return { damagedTurn: Number.NaN };
  const length = sector.readUInt32LE(8);
  const turn = sector.readDoubleLE(16);
  const proves = sector.readUInt32LE(0) === crc32(sector.subarray(4)) && sector.readUInt32LE(4) === MAGIC;
  if (!proves) return { damagedTurn: turn };
  return { mark: JSON.parse(sector.toString("utf8", HEADER_BYTES, HEADER_BYTES + length)) as Mark, turn };
}

export class MarkFile {
  readonly found: MarkFound;
  readonly #path: string;
  readonly #isSynced: boolean;
  #descriptor: number | undefined;
  #turn: number;

  /**
   * Changes nothing, so that a start that is refused leaves no file behind.
   * @param isSynced false in `process` mode: a loss of power is then no false alarm. @throws system errors
   */
  constructor(path: string, isSynced: boolean) {
    this.#path = path;
    this.#isSynced = isSynced;
    this.#descriptor = openExisting(path);
    const bytes = Buffer.alloc(SLOT_BYTES * SLOTS);
    let length = 0;
    try {
      if (this.#descriptor !== undefined) length = readSync(this.#descriptor, bytes, 0, bytes.byteLength, 0);
    } catch (thrown) {
      this.close();
      throw thrown;
    }
    const read = decodeFile(bytes.subarray(0, length));
    this.found = { mark: read.mark, exists: this.#descriptor !== undefined, torn: read.torn };
    this.#turn = read.turn;
  }

  /** Makes the file where there is none. @throws system errors */
  ensureFile(): number {
    this.#descriptor ??= makeFile(this.#path);
    return this.#descriptor;
  }

  /** Writes the next slot and waits for the disk (in `power` mode). @throws system errors; the older slot then stands */
  write(mark: Mark): void {
    const turn = this.#turn + 1;
    const slot = encodeSlot(mark, turn);
    const descriptor = this.ensureFile();
    const written = writeSync(descriptor, slot, 0, slot.byteLength, (turn % SLOTS) * SLOT_BYTES);
    if (written !== slot.byteLength)
      throw Object.assign(new Error("the mark was written in part"), { code: "EIO" });
    if (this.#isSynced) fdatasyncSync(descriptor);
    this.#turn = turn;
  }

  close(): void {
    if (this.#descriptor !== undefined) closeSync(this.#descriptor);
  }
}

/** The file has its full length from the start: later writes change no metadata, which fdatasync would have to wait for. */
function makeFile(path: string): number {
  const descriptor = openSync(path, "w+", 0o600);
  try {
    writeSync(descriptor, Buffer.alloc(SLOT_BYTES * SLOTS), 0, SLOT_BYTES * SLOTS, 0);
    fsyncSync(descriptor);
    syncDirectory(dirname(path));
    return descriptor;
  } catch (thrown) {
    closeSync(descriptor);
    throw thrown;
  }
}

function openExisting(path: string): number | undefined {
  try {
    return openSync(path, "r+");
  } catch (thrown) {
    if (thrown instanceof Error && "code" in thrown && thrown.code === "ENOENT") return undefined;
    throw thrown;
  }
}

function decodeFile(bytes: Buffer): {
  readonly mark: Mark | undefined;
  readonly torn: boolean;
  readonly turn: number;
} {
  const first = decodeSlot(bytes.subarray(0, SLOT_BYTES));
  const second = decodeSlot(bytes.subarray(SLOT_BYTES));
  const firstTurn = provenTurn(first);
  const secondTurn = provenTurn(second);
  const [newest, other] = secondTurn > firstTurn ? [second, first] : [first, second];
  if (newest === "empty" || "damagedTurn" in newest) {
    return { mark: undefined, torn: first !== "empty" || second !== "empty", turn: 0 };
  }
  return { mark: newest.mark, torn: mayHaveBeenNewer(other, newest.turn), turn: newest.turn };
}

function provenTurn(slot: Slot): number {
  return slot === "empty" || "damagedTurn" in slot ? 0 : slot.turn;
}

/** Whether the slot beside the newest one that proves held, before it was spoilt, something still newer. */
function mayHaveBeenNewer(slot: Slot, newestTurn: number): boolean {
  if (slot === "empty") return newestTurn > 1;
  return "damagedTurn" in slot && slot.damagedTurn !== newestTurn - 1;
}
