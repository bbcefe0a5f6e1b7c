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

/** Codes that have no test yet: the list only ever gets shorter. */
const WITHOUT_TEST = new Set<string>([
  "QUOTA_MEMORY",
  "QUOTA_CONCURRENT_EXECUTIONS",
  "QUOTA_NEAR",
  "RATE_BUCKETS_FULL",
  "GUARD_FAILED",
  "OUTPUT_INVALID",
  "CAPABILITY_REMOVED",
  "SENSITIVE_DATA",
  "UNRESOLVED_REFERENCE",
  "CALL_CONFLICT",
  "CALL_ENDED",
  "CALL_FORGOTTEN",
  "CALLS_FULL",
  "CONTENT_UNKNOWN",
  "CONTENT_OUT_OF_ORDER",
  "CONTENT_CONFLICT",
  "CONTENTS_FULL",
  "SESSION_AMBIGUOUS",
  "SESSIONS_FULL",
  "REFERENCE_NOT_FOUND",
  "OVERRIDES_FULL",
  "OVERRIDE_NOT_FOUND",
  "STREAM_IDLE",
  "POLICIES_FULL",
]);

describe("every reason", () => {
  test.each([
    ["of a finding", Object.keys(REASONS)],
    ["of an error", Object.keys(ERROR_REASONS)],
  ])("%s appears in a test", (_what, codes) => {
    expect(findUncovered(codes).filter((code) => !WITHOUT_TEST.has(code))).toEqual([]);
  });
});
