import { describe, expect, test } from "vitest";
import { systemDigest } from "../../../../src/adapters/system/system-digest.ts";
import { createSystemIds } from "../../../../src/adapters/system/system-ids.ts";

describe("createSystemIds", () => {
  test("decision ids share the prefix of a start and differ in what follows", () => {
    const ids = createSystemIds();
    const made = Array.from({ length: 1_000 }, () => ids.decisionId());
    expect(new Set(made).size).toBe(1_000);
    expect(new Set(made.map((id) => id.split("-")[0])).size).toBe(1);
    expect(createSystemIds().decisionId().split("-")[0]).not.toBe(made[0]?.split("-")[0]);
    expect(made.every((id) => id.length <= 16)).toBe(true);
  });

  test("approval ids carry 120 random bits", () => {
    const ids = createSystemIds();
    const made = Array.from({ length: 1_000 }, () => ids.approvalId());
    expect(new Set(made).size).toBe(1_000);
    expect(made.every((id) => /^apr_[A-Za-z0-9_-]{20}$/.test(id))).toBe(true);
  });
});

describe("systemDigest", () => {
  test("is the first half of SHA-256", () => {
    expect(systemDigest.digest128("abc")).toBe("ba7816bf8f01cfea414140de5dae2223");
  });
});
