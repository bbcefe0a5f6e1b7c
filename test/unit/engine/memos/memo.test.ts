import { expect, test } from "vitest";
import { createMemo } from "../../../../src/engine/memos/memo.ts";

test("what was made of an object is found with it, and by no other memo", () => {
  const lengths = createMemo<readonly string[], number>();
  const others = createMemo<readonly string[], number>();
  const list = ["a", "b"];
  expect(lengths.get(list)).toBeUndefined();
  lengths.set(list, 2);
  others.set(list, 9);
  lengths.set(list, 3);
  expect([lengths.get(list), others.get(list), lengths.get(["a", "b"])]).toEqual([3, 9, undefined]);
});

test("nobody sees it on the object: neither copies, nor JSON, nor the list of keys", () => {
  const memo = createMemo<object, string>();
  const frozen = Object.freeze({ of: "policy" });
  memo.set(frozen, "made");
  expect(memo.get(frozen)).toBe("made");
  expect(memo.get({ ...frozen })).toBeUndefined();
  expect([Reflect.ownKeys(frozen), JSON.stringify(frozen)]).toEqual([["of"], '{"of":"policy"}']);
  expect(memo.get(structuredClone(frozen))).toBeUndefined();
});
