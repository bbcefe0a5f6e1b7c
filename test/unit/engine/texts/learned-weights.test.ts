import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { formatWeights, readFiles } from "../../../../training/learn.ts";

test("the weights are those that the texts of training/ teach: run `npm run train`", () => {
  const path = new URL("../../../../src/engine/texts/injection/learned/weights.ts", import.meta.url);
  const committed = readFileSync(path, "utf8");
  expect(formatWeights([...readFiles().values()].flat()) === committed).toBe(true);
});
