import { rmSync } from "node:fs";
import { openStore } from "../../src/adapters/sqlite/open-store.ts";
import { createDirectory, storeOptions } from "../integration/store-fixture.ts";
import { describeCutStore } from "./cut-store-contract.ts";

for (const durability of ["power", "process"] as const) {
  describeCutStore(`SQLite, ${durability}`, async () => {
    const directory = createDirectory();
    return {
      open: () => openStore(storeOptions(directory, { durability })),
      remove: async () => rmSync(directory, { recursive: true, force: true }),
    };
  });
}
