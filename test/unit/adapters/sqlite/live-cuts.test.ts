// Which cuts still have the last word on some key, compared with a list of all that was said.

import { expect, test } from "vitest";
import { LiveCuts } from "../../../../src/adapters/sqlite/file/live-cuts.ts";
import { printedSeed, SeededRandom } from "../../../crash/seeded-random.ts";

const TABLES = 3;
/** Places in arrays, and keys beyond them. */
const KEYS = [0, 1, 2, 3, 70, 5_000, 4_194_304, 9_007_199_254_740_991];

interface Said {
  readonly number: number;
  readonly names: readonly string[];
}

/** The cut that spoke last of each row. */
function lastOf(cuts: readonly Said[]): ReadonlyMap<string, number> {
  return new Map(cuts.flatMap(({ number, names }) => names.map((name) => [name, number] as const)));
}

function expectSame(cuts: LiveCuts, said: readonly Said[]): void {
  const last = lastOf(said);
  const live = new Set(last.values());
  expect(cuts.numbers.map((number) => [number, cuts.isLive(number)])).toEqual(
    said.map(({ number }) => [number, live.has(number)]),
  );
  const rows = said.flatMap(({ number, names }) => names.map((name) => ({ number, name })));
  expect(rows.filter(({ number, name }) => cuts.isLast(number, ...placeOf(name)))).toEqual(
    rows.filter(({ number, name }) => last.get(name) === number),
  );
}

function placeOf(name: string): [table: number, key: number] {
  const [table = 0, key = 0] = name.split("/").map(Number);
  return [table, key];
}

test("cuts that fail, that are dropped and that come after a copy change what is live as they should", () => {
  const random = new SeededRandom(printedSeed("live cuts"));
  const cuts = new LiveCuts(TABLES);
  let said: Said[] = [];
  let [copy, saidAtCopy] = [cuts.copy(), said];
  for (let number = 10; number < 800; number += 1 + random.below(3)) {
    const names = Array.from({ length: 1 + random.below(4) }, () => {
      const [table, key] = [random.below(TABLES), KEYS[random.below(KEYS.length)] ?? 0];
      return { table, key, name: `${table}/${key}` };
    });
    cuts.begin(number);
    for (const { table, key } of names) cuts.note(table, key);
    if (random.below(5) === 0) cuts.rollBack();
    else {
      cuts.accept();
      said = [...said, { number, names: names.map(({ name }) => name) }];
    }
    if (random.below(10) === 0) [copy, saidAtCopy] = [cuts.copy(), said];
    if (random.below(8) === 0) {
      const through = number - random.below(30);
      cuts.drop(through);
      copy.drop(through);
      said = said.filter((one) => one.number > through);
      saidAtCopy = saidAtCopy.filter((one) => one.number > through);
    }
    expectSame(cuts, said);
    expectSame(copy, saidAtCopy);
  }
});

test("a rollback without a cut under way changes nothing", () => {
  const cuts = new LiveCuts(1);
  cuts.begin(1);
  cuts.note(0, 1);
  cuts.accept();
  cuts.rollBack();
  expect([cuts.numbers, cuts.isLast(1, 0, 1)]).toEqual([[1], true]);
});
