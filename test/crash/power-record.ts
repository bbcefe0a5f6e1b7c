// Reads what power-shim.c recorded, and builds what a disk holds when the power goes at a given entry: what was synced is
// there, of everything else an arbitrary part, torn at sectors.

import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { SeededRandom } from "./seeded-random.ts";

const SECTOR_BYTES = 512;
const ENTRY_HEADER_BYTES = 32;
const [WRITE, TRUNCATE, SYNC, NAME, UNLINK, RENAME] = [1, 2, 3, 4, 5, 6];

/** Builds the shim into a directory; its path. */
export function buildShim(directory: string): string {
  const source = fileURLToPath(new URL("./power-shim.c", import.meta.url));
  const target = join(directory, "power-shim.so");
  execFileSync("cc", [
    "-O1",
    "-Wall",
    "-Wextra",
    "-Werror",
    "-shared",
    "-fPIC",
    "-o",
    target,
    source,
    "-ldl",
    "-lpthread",
  ]);
  return target;
}

interface Entry {
  readonly operation: number;
  readonly inode: number;
  readonly offset: number;
  readonly bytes: Buffer;
}

export function parseRecord(record: Buffer): Entry[] {
  const entries: Entry[] = [];
  let at = 0;
  while (at + ENTRY_HEADER_BYTES <= record.byteLength) {
    const length = Number(record.readBigUInt64LE(at + 24));
    const bytes = record.subarray(at + ENTRY_HEADER_BYTES, at + ENTRY_HEADER_BYTES + length);
    const [inode, offset] = [Number(record.readBigUInt64LE(at + 8)), Number(record.readBigUInt64LE(at + 16))];
    entries.push({ operation: record.readUInt8(at), inode, offset, bytes });
    at += ENTRY_HEADER_BYTES + length;
  }
  return entries;
}

/** One file: what is on the disk for certain, and what was done to it since its last sync. */
class DiskFile {
  #synced: Buffer = Buffer.alloc(0);
  #pending: Entry[] = [];

  add(entry: Entry): void {
    this.#pending.push(entry);
  }

  sync(): void {
    this.#synced = apply(this.#synced, this.#pending, () => true);
    this.#pending = [];
  }

  /** As the running process sees it. */
  present(): Buffer {
    return apply(this.#synced, this.#pending, () => true);
  }

  /** What is left after a loss of power: each unsynced sector reached the disk with the given probability. */
  afterPowerCut(random: SeededRandom, probability: number): Buffer {
    return apply(this.#synced, this.#pending, () => random.next() < probability);
  }
}

function apply(start: Buffer, entries: readonly Entry[], isKept: () => boolean): Buffer {
  let length = start.byteLength;
  const end = entries.reduce(
    (most, { operation, offset, bytes }) =>
      Math.max(most, operation === WRITE ? offset + bytes.byteLength : offset),
    length,
  );
  const content = Buffer.alloc(end);
  start.copy(content);
  for (const { operation, offset, bytes } of entries) {
    if (operation === TRUNCATE) {
      if (!isKept()) continue;
      content.fill(0, offset);
      length = offset;
      continue;
    }
    for (let from = 0; from < bytes.byteLength; ) {
      const to = Math.min(bytes.byteLength, from + SECTOR_BYTES - ((offset + from) % SECTOR_BYTES));
      if (isKept()) {
        bytes.copy(content, offset + from, from, to);
        length = Math.max(length, offset + to);
      }
      from = to;
    }
  }
  return content.subarray(0, length);
}

/** The files of the watched directory while the record is played. Names are durable at once, contents when synced. */
export class Disk {
  readonly #files = new Map<number, DiskFile>();
  readonly #names = new Map<string, number>();

  play(entry: Entry): void {
    const { operation, inode, bytes } = entry;
    if (operation === NAME) this.#name(basename(bytes.toString()), inode);
    else if (operation === UNLINK) this.#unlink(basename(bytes.toString()));
    else if (operation === RENAME) {
      const [from = "", to = ""] = bytes
        .toString()
        .split("\0")
        .map((path) => basename(path));
      const moved = this.#names.get(from);
      this.#names.delete(from);
      if (moved !== undefined) this.#names.set(to, moved);
    } else if (operation === SYNC) this.#files.get(inode)?.sync();
    else this.#files.get(inode)?.add(entry);
  }

  /** The text of a file as the running process sees it; empty when there is none. */
  text(name: string): string {
    const inode = this.#names.get(name);
    return inode === undefined ? "" : (this.#files.get(inode)?.present().toString() ?? "");
  }

  /** Writes what a loss of power leaves into a directory. */
  writeAfterPowerCut(directory: string, random: SeededRandom, probability: number): void {
    mkdirSync(directory, { recursive: true });
    for (const [name, inode] of this.#names) {
      const content = this.#files.get(inode)?.afterPowerCut(random, probability);
      if (content !== undefined) writeFileSync(join(directory, name), content);
    }
  }

  #name(name: string, inode: number): void {
    this.#names.set(name, inode);
    if (!this.#files.has(inode)) this.#files.set(inode, new DiskFile());
  }

  #unlink(name: string): void {
    const inode = this.#names.get(name);
    this.#names.delete(name);
    // The system may give the number to the next new file, which then starts empty.
    if (inode !== undefined && ![...this.#names.values()].includes(inode)) this.#files.delete(inode);
  }
}
