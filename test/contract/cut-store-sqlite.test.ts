import { rmSync } from "node:fs";
import { openStore } from "../../src/adapters/sqlite/open-store.ts";
import { createDirectory, storeOptions } from "../integration/store-fixture.ts";
import { describeCutStore } from "./cut-store-contract.ts";

describeCutStore("SQLite", async () => {
  const directory = createDirectory();
  return {
    open: () => openStore(storeOptions(directory)),
    remove: async () => rmSync(directory, { recursive: true, force: true }),
  };
});
