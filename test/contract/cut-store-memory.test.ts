import { expect, test } from "vitest";
import { createMemoryVolume, openMemoryStore } from "../../src/adapters/memory/cut-store.ts";
import { CutFailed } from "../../src/ports/cut-store.ts";
import { describeCutStore } from "./cut-store-contract.ts";
import { createCut, hexOf, rowsOf } from "./cut-store-fixture.ts";

describeCutStore("memory", async () => {
  const volume = createMemoryVolume("store-in-memory");
  return {
    open: async () => openMemoryStore(volume),
    remove: async () => undefined,
  };
});

test("a memory volume that fails rejects cuts until it is cured, and keeps what it had", async () => {
  const volume = createMemoryVolume("store-in-memory");
  const { store } = openMemoryStore(volume);
  await store.write(createCut(1, [{ put: "loops", key: 1, image: "kept" }]));
  volume.failure = "disk full";
  const failed = await store
    .write(createCut(2, [{ put: "loops", key: 1, image: "lost" }]))
    .catch((thrown: unknown) => thrown);
  expect(failed).toBeInstanceOf(CutFailed);
  expect(store.status()).toMatchObject({ state: "failing", failure: "disk full", lastDurableCut: 1 });
  volume.failure = undefined;
  await store.write(createCut(3, [{ put: "loops", key: 2, image: "whole again" }]));
  expect(store.status()).toMatchObject({ state: "ok", lastDurableCut: 3 });
  await store.close();
  const { store: again, loaded } = openMemoryStore(volume);
  expect([...rowsOf(loaded)]).toEqual([
    ["loops/1", hexOf("kept")],
    ["loops/2", hexOf("whole again")],
  ]);
  await again.close();
});
