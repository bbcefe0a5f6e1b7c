// What every store of cuts does, whatever it is made of. Run by each adapter with a place that can be opened again.

import { afterEach, beforeEach, describe, expect, test } from "vitest";
import {
  CutFailed,
  type CutStore,
  type Loaded,
  MAX_QUERY_ROWS,
  QueryFailed,
  STATE_TABLES,
} from "../../src/ports/cut-store.ts";
import { appendedRow, BOOT_ID, createCut, hexOf, rowsOf, wallMsOf } from "./cut-store-fixture.ts";

export interface StorePlace {
  /** Opens the store in this place; it must be closed before it is opened again. */
  open(): Promise<{ readonly store: CutStore; readonly loaded: Loaded }>;
  /** Removes the place. */
  remove(): Promise<void>;
}

export function describeCutStore(name: string, createPlace: () => Promise<StorePlace>): void {
  describe(`the cut store: ${name}`, () => {
    let place: StorePlace;
    let store: CutStore;
    let loaded: Loaded;

    async function reopen(): Promise<Loaded> {
      await store.close();
      ({ store, loaded } = await place.open());
      return loaded;
    }

    beforeEach(async () => {
      place = await createPlace();
      ({ store, loaded } = await place.open());
    });
    afterEach(async () => {
      await store.close();
      await place.remove();
    });

    describe("state rows", () => {
      test("a fresh store holds nothing and finds nothing wrong", () => {
        expect(loaded).toMatchObject({ fresh: true, lastCut: 0, nextCut: 1, lastCutAt: undefined, rows: [] });
        expect(loaded).toMatchObject({ hole: undefined, damaged: [], unproved: [], setAside: undefined });
        expect(loaded.lastSequences.audit).toBe(0);
      });

      test("P1: what was acknowledged is loaded again, byte for byte", async () => {
        const images = STATE_TABLES.map(
          (table, index) => ({ put: table, key: index * 7, image: `row of ${table}` }) as const,
        );
        await store.write(createCut(1, images));
        expect(await reopen()).toMatchObject({
          fresh: false,
          lastCut: 1,
          nextCut: 2,
          hole: undefined,
          damaged: [],
        });
        const wanted = images.map(({ put, key, image }) => [`${put}/${key}`, hexOf(image)] as const);
        expect([...rowsOf(loaded)].sort()).toEqual([...wanted].sort());
        expect(loaded.lastCutAt).toEqual({ bootId: BOOT_ID, monoMs: 60_000, wallMs: wallMsOf(1) });
      });

      test("a put replaces, a delete removes, and records of one cut are applied in their order", async () => {
        await store.write(
          createCut(1, [
            { put: "windows", key: 1, image: "first" },
            { put: "windows", key: 2, image: "gone" },
            { put: "windows", key: 3, image: "gone, then back" },
          ]),
        );
        await store.write(
          createCut(2, [
            { put: "windows", key: 1, image: "second" },
            { put: "windows", key: 1, image: "third" },
            { remove: "windows", key: 2 },
            { remove: "windows", key: 3 },
            { put: "windows", key: 3, image: "back" },
            { remove: "windows", key: 99 },
          ]),
        );
        expect([...rowsOf(await reopen())]).toEqual([
          ["windows/1", hexOf("third")],
          ["windows/3", hexOf("back")],
        ]);
      });

      test("an empty image, a large one and large keys are kept", async () => {
        const large = new Uint8Array(1_000_000).map((_, index) => index % 251);
        await store.write(
          createCut(1, [
            { put: "facts", key: 0, image: "" },
            { put: "facts", key: 4_294_967_296 + 5, image: "above 32 bits" },
            { put: "facts", key: Number.MAX_SAFE_INTEGER, image: large },
          ]),
        );
        await store.write(createCut(2, [{ put: "facts", key: 4_294_967_296 + 5, image: "again" }]));
        expect([...rowsOf(await reopen())]).toEqual([
          ["facts/0", ""],
          [`facts/${4_294_967_296 + 5}`, hexOf("again")],
          [`facts/${Number.MAX_SAFE_INTEGER}`, hexOf(large)],
        ]);
      });

      test("a cut without rows still counts", async () => {
        await store.write(createCut(1, []));
        expect((await reopen()).lastCut).toBe(1);
      });

      test("10,000 rows come back", async () => {
        const changes = Array.from(
          { length: 10_000 },
          (_, key) => ({ put: "executions", key, image: `execution ${key}` }) as const,
        );
        await store.write(createCut(1, changes));
        const rows = rowsOf(await reopen());
        expect(rows.size).toBe(10_000);
        expect(rows.get("executions/9999")).toBe(hexOf("execution 9999"));
      });
    });

    describe("writing", () => {
      test("the buffer is taken while the cut is written and handed back with the receipt", async () => {
        const cut = createCut(1, [{ put: "loops", key: 1, image: "x" }]);
        const { byteLength } = cut.records;
        const written = store.write(cut);
        expect(cut.records.byteLength).toBe(0);
        const receipt = await written;
        expect(receipt).toMatchObject({ number: 1 });
        expect(receipt.records.byteLength).toBe(byteLength);
      });

      test("cuts that are handed over together are written one after the other", async () => {
        const order: number[] = [];
        const writes = [1, 2, 3, 4, 5].map((number) =>
          store
            .write(createCut(number, [{ put: "loops", key: 1, image: `cut ${number}` }]))
            .then((receipt) => order.push(receipt.number)),
        );
        await Promise.all(writes);
        expect(order).toEqual([1, 2, 3, 4, 5]);
        expect(store.status()).toMatchObject({ state: "ok", failure: undefined, lastDurableCut: 5 });
        expect(rowsOf(await reopen()).get("loops/1")).toBe(hexOf("cut 5"));
      });

      test("a number that is not above the last one is refused, and nothing of the cut is kept", async () => {
        await store.write(createCut(3, [{ put: "loops", key: 1, image: "three" }]));
        for (const number of [3, 2]) {
          const refused = createCut(number, [{ put: "loops", key: 1, image: "again" }]);
          const failed = await store.write(refused).catch((thrown: unknown) => thrown);
          expect(failed).toBeInstanceOf(CutFailed);
          expect((failed as CutFailed).records.byteLength).toBeGreaterThan(0);
        }
        await store.write(createCut(4, []));
        expect([...rowsOf(await reopen())]).toEqual([["loops/1", hexOf("three")]]);
      });

      test("a number may leave some out", async () => {
        await store.write(createCut(1, []));
        await store.write(createCut(9, []));
        expect(await reopen()).toMatchObject({ lastCut: 9, nextCut: 10, hole: undefined });
      });

      test("a malformed cut fails as a whole, and the next one is written", async () => {
        const good = { put: "loops", key: 1, image: "good" } as const;
        const bad: readonly [name: string, spoil: (bytes: DataView) => void][] = [
          ["operation", (bytes) => bytes.setUint8(24, 9)],
          ["table", (bytes) => bytes.setUint8(25, 200)],
          ["length", (bytes) => bytes.setUint32(28, 1_000_000, true)],
          ["key", (bytes) => bytes.setFloat64(32, 1.5, true)],
        ];
        for (const [field, spoil] of bad) {
          const cut = createCut(1, [good, { put: "loops", key: 2, image: "spoilt" }]);
          spoil(new DataView(cut.records));
          await expect(store.write(cut), field).rejects.toBeInstanceOf(CutFailed);
        }
        await store.write(createCut(1, [{ put: "loops", key: 3, image: "after" }]));
        expect([...rowsOf(await reopen())]).toEqual([["loops/3", hexOf("after")]]);
      });

      test("after close, writes and queries are refused, and closing again is harmless", async () => {
        await store.close();
        await store.close();
        await expect(store.write(createCut(1, []))).rejects.toBeInstanceOf(CutFailed);
        await expect(store.query({ table: "audit", limit: 1 })).rejects.toBeInstanceOf(QueryFailed);
      });

      test("close waits for the cuts that were handed over before it", async () => {
        const written = store.write(createCut(1, [{ put: "loops", key: 1, image: "last" }]));
        await reopen();
        await expect(written).resolves.toMatchObject({ number: 1 });
        expect(rowsOf(loaded).get("loops/1")).toBe(hexOf("last"));
      });

      test("a second store in the same place is refused while the first is open", async () => {
        await expect(place.open()).rejects.toThrow();
        await store.write(createCut(1, []));
        expect((await reopen()).lastCut).toBe(1);
      });
    });

    describe("appended rows", () => {
      test("they come newest first, and pages go on below a sequence", async () => {
        const rows = [1, 2, 3, 4, 5].map(
          (sequence) =>
            ({ append: "violations", sequence, row: appendedRow({ kind: `k${sequence}` }) }) as const,
        );
        await store.write(createCut(1, rows));
        const first = await store.query({ table: "violations", limit: 3 });
        expect(first.map((row) => row.sequence)).toEqual([5, 4, 3]);
        const rest = await store.query({ table: "violations", limit: 3, before: 3 });
        expect(rest.map((row) => row.sequence)).toEqual([2, 1]);
        expect(rest[1]).toEqual({
          sequence: 1,
          atMs: wallMsOf(1),
          tenant: "acme",
          subject: "run-1",
          kind: "k1",
          body: '{"current":6}',
        });
      });

      test("tenant and subject narrow a query, alone and together", async () => {
        const rows = [
          { append: "audit", sequence: 1, row: appendedRow({ tenant: "a", subject: "x" }) },
          { append: "audit", sequence: 2, row: appendedRow({ tenant: "b", subject: "x" }) },
          { append: "audit", sequence: 3, row: appendedRow({ tenant: "a", subject: "y" }) },
          { append: "outcomes", sequence: 1, row: appendedRow({ tenant: "a", subject: "x" }) },
        ] as const;
        await store.write(createCut(1, rows));
        const sequences = async (filter: { tenant?: string; subject?: string }): Promise<number[]> =>
          (await store.query({ table: "audit", limit: 10, ...filter })).map((row) => row.sequence);
        expect(await sequences({ tenant: "a" })).toEqual([3, 1]);
        expect(await sequences({ subject: "x" })).toEqual([2, 1]);
        expect(await sequences({ tenant: "a", subject: "x" })).toEqual([1]);
        expect(await sequences({ tenant: "nobody" })).toEqual([]);
      });

      test("P2: the same sequence again replaces the row", async () => {
        await store.write(
          createCut(1, [{ append: "audit", sequence: 7, row: appendedRow({ tenant: "a", kind: "first" }) }]),
        );
        await store.write(
          createCut(2, [{ append: "audit", sequence: 7, row: appendedRow({ tenant: "b", kind: "again" }) }]),
        );
        expect(await store.query({ table: "audit", limit: 10 })).toMatchObject([
          { sequence: 7, tenant: "b", kind: "again" },
        ]);
        expect(await store.query({ table: "audit", tenant: "a", limit: 10 })).toEqual([]);
      });

      test("sequences go on above the highest one after a restart", async () => {
        await store.write(createCut(1, [{ append: "audit", sequence: 41, row: appendedRow({}) }]));
        expect((await reopen()).lastSequences).toMatchObject({ audit: 41, violations: 0 });
        expect(await store.query({ table: "audit", limit: 10 })).toHaveLength(1);
      });

      test("a body is any JSON value and comes back as its text; other words may hold anything", async () => {
        const text = 'quotes " and \\, a line\nend, \u0000, ü and 😀';
        const bodies: readonly unknown[] = [{ text }, [1, 2], "text", 3.5, null, true];
        const rows = bodies.map(
          (body, index) =>
            ({ append: "outcomes", sequence: index + 1, row: appendedRow({ body, subject: text }) }) as const,
        );
        await store.write(createCut(1, rows));
        const found = await store.query({ table: "outcomes", subject: text, limit: 10 });
        expect(found.toReversed().map((row) => JSON.parse(row.body) as unknown)).toEqual(bodies);
      });

      test("one query answers at most 1,000 rows", async () => {
        const rows = Array.from(
          { length: MAX_QUERY_ROWS + 5 },
          (_, index) => ({ append: "audit", sequence: index + 1, row: appendedRow({}) }) as const,
        );
        await store.write(createCut(1, rows));
        expect(await store.query({ table: "audit", limit: 5_000 })).toHaveLength(MAX_QUERY_ROWS);
        expect(await store.query({ table: "audit", limit: 0 })).toEqual([]);
      });

      test("an appended row that lacks a field, or is too large, fails its cut", async () => {
        const large = appendedRow({ body: "x".repeat(65_536) });
        for (const row of [{}, { ...(appendedRow({}) as object), tenant: 5 }, "text", large]) {
          await expect(
            store.write(createCut(1, [{ append: "audit", sequence: 1, row }])),
          ).rejects.toBeInstanceOf(CutFailed);
        }
        expect(await store.query({ table: "audit", limit: 1 })).toEqual([]);
      });
    });
  });
}
