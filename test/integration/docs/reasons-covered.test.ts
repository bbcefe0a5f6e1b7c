import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { ERROR_REASONS } from "../../../src/domain/errors.ts";
import { REASONS } from "../../../src/domain/reasons.ts";

// Every code that an answer may carry stands in a test that brings it about, or shows what it is for.

const root = fileURLToPath(new URL("../../", import.meta.url));
const self = "reasons-covered.test.ts";

const texts = readdirSync(root, { recursive: true, encoding: "utf8" })
  .filter((path) => /\.(ts|yaml)$/.test(path) && !path.endsWith(self))
  .map((path) => readFileSync(join(root, path), "utf8"))
  .join("\n");

function findUncovered(codes: readonly string[]): readonly string[] {
  return codes.filter((code) => !new RegExp(`\\b${code}\\b`).test(texts));
}

describe("every reason", () => {
  test.each([
    ["of a finding", Object.keys(REASONS)],
    ["of an error", Object.keys(ERROR_REASONS)],
  ])("%s appears in a test", (_what, codes) => {
    expect(findUncovered(codes)).toEqual([]);
  });
});
