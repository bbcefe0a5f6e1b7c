import { expect, test } from "vitest";
import { WeakValues } from "../../../../src/engine/memos/weak-values.ts";

test("what is in use is found by its text, however many there are", () => {
  const values = new WeakValues<{ readonly text: string }>();
  const used = Array.from({ length: 5_000 }, (_, at) => ({ text: `text-${at}` }));
  for (const one of used) values.set(one.text, one);
  expect(used.filter((one) => values.get(one.text) !== one)).toEqual([]);
  expect(values.get("text-5000")).toBeUndefined();
});
