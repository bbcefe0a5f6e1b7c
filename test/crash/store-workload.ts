// What the store tests write: the changes of cut n follow from n alone, so that the rows that belong to any cut are known.

import { APPEND_TABLES, STATE_TABLES } from "../../src/ports/cut-store.ts";
import type { Change } from "../contract/cut-store-fixture.ts";
import { appendedRow, hexOf, wallMsOf } from "../contract/cut-store-fixture.ts";

/** Keys per table: so few that most puts replace a row, so many that the rows fill hundreds of pages. */
const KEYS = 60;

/** Scrambles two numbers into 32 bits. */
function mix(first: number, second: number): number {
  let h = Math.imul(first ^ 0x9e3779b9, 0x85ebca6b) ^ Math.imul(second + 1, 0xc2b2ae35);
  h = Math.imul(h ^ (h >>> 15), 0x2c1b3c6d);
  return (h ^ (h >>> 13)) >>> 0;
}

/** The changes of cut n: 24 rows put or deleted, and now and then an appended row. */
export function changesOfCut(number: number): Change[] {
  const changes: Change[] = [];
  for (let index = 0; index < 24; index += 1) {
    const random = mix(number, index);
    const table = STATE_TABLES[random % STATE_TABLES.length] ?? "executions";
    const key = (random >>> 8) % KEYS;
    if (random % 9 === 0) changes.push({ remove: table, key });
    else {
      const image = Buffer.alloc(20 + (random % 180), (number + index) % 256);
      image.writeUInt32LE(number, 0);
      changes.push({ put: table, key, image });
    }
  }
  if (number % 3 === 0) {
    const table = APPEND_TABLES[number % APPEND_TABLES.length] ?? "audit";
    const row = appendedRow({ subject: `run-${number % 10}`, atMs: wallMsOf(number), body: { number } });
    changes.push({ append: table, sequence: number, row });
  }
  return changes;
}

/** The state rows after cut n, as `rowsOf` shows them. */
export class ExpectedRows {
  readonly #rows = new Map<string, string>();
  number = 0;

  /** Only forward. */
  after(number: number): ReadonlyMap<string, string> {
    if (number < this.number) throw new RangeError("expected rows only go forward");
    while (this.number < number) {
      this.number += 1;
      for (const change of changesOfCut(this.number)) {
        if ("put" in change) this.#rows.set(`${change.put}/${change.key}`, hexOf(change.image));
        else if ("remove" in change) this.#rows.delete(`${change.remove}/${change.key}`);
      }
    }
    return this.#rows;
  }
}

/** Names of rows that differ; empty when both hold the same. */
export function differingRows(
  found: ReadonlyMap<string, string>,
  expected: ReadonlyMap<string, string>,
): string[] {
  const names = new Set([...found.keys(), ...expected.keys()]);
  return [...names].filter((name) => found.get(name) !== expected.get(name)).sort();
}
