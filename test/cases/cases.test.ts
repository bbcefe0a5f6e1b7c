// Every case of test/cases/*.yaml, on the engine alone and over the wire.
import { describe, test } from "vitest";
import { readCaseFiles } from "./case-file.ts";
import { createEngineDriver } from "./engine-driver.ts";
import { runCase } from "./run-case.ts";
import { createWireDriver } from "./wire-driver.ts";

const parts = [...readCaseFiles()].flatMap(([file, byAbout]) =>
  [...byAbout].map(([about, cases]) => ({ file, about, cases })),
);

for (const { file, about, cases } of parts) {
  describe(`${file}: ${about}`, () => {
    test.each(cases)("engine: $name", async (one) => {
      const driver = createEngineDriver(one);
      await runCase(one, driver);
      await driver.close();
    });

    test.each(cases)("wire: $name", async (one) => {
      const driver = await createWireDriver(one);
      try {
        await runCase(one, driver);
      } finally {
        await driver.close();
      }
    });
  });
}
