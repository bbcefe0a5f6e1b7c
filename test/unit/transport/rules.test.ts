import { describe, expect, test } from "vitest";
import { TollgateError } from "../../../src/domain/errors.ts";
import { ExecutionStateSchema } from "../../../src/gen/tollgate/enforcement/v1/execution_pb.ts";
import {
  amount,
  assertValid,
  duration,
  enumValue,
  list,
  map,
  message,
  type Rule,
  required,
  requiredId,
  text,
  textBytes,
} from "../../../src/transport/validate/rules.ts";

function problemsOf<T>(rule: Rule<T>, value: T): readonly string[] {
  return rule(value)?.map((one) => one.field) ?? [];
}

const wkt = (seconds: bigint, nanos = 0) => ({
  $typeName: "google.protobuf.Duration" as const,
  seconds,
  nanos,
});

describe("rules", () => {
  test.each([
    ["an id of one character", requiredId, "a", true],
    ["an empty id", requiredId, "", false],
    ["an id of 128 characters", requiredId, "a".repeat(128), true],
    ["an id of 129 characters", requiredId, "a".repeat(129), false],
    ["an id with a control character", requiredId, "a\n", false],
    ["text at its bound", text(3), "abc", true],
    ["text beyond it", text(3), "abcd", false],
    ["empty text that must not be", text(3, 1), "", false],
    ["bytes at their bound", textBytes(4), "ää", true],
    ["bytes beyond it", textBytes(4), "ääa", false],
    ["an amount at its bound", amount(5n), 5n, true],
    ["an amount above it", amount(5n), 6n, false],
    ["a negative amount", amount(5n), -1n, false],
    ["no amount", amount(5n), undefined, true],
    ["a duration at its least", duration(1_000, 2_000), wkt(1n), true],
    ["a duration below it", duration(1_000, 2_000), wkt(0n, 999_999_999), false],
    ["a duration above its most", duration(1_000, 2_000), wkt(2n, 1), false],
    ["a duration with too many nanos", duration(0, 9_000), wkt(1n, 1_000_000_000), false],
    ["a negative duration", duration(0, 9_000), wkt(-1n), false],
    ["a duration beyond all numbers", duration(0, 9_000), wkt(1n << 62n), false],
    ["a known enum value", enumValue(ExecutionStateSchema), 4, true],
    ["the unspecified one", enumValue(ExecutionStateSchema), 0, false],
    ["an unknown one", enumValue(ExecutionStateSchema), 5, false],
  ])("%s", (_what, rule, value, right) => {
    expect((rule as Rule<unknown>)(value) === undefined).toBe(right);
  });

  test("name the path of what is wrong, in the names of the proto", () => {
    interface Inner {
      readonly someName: string | undefined;
      readonly many: readonly string[];
      readonly byName: { readonly [name: string]: bigint };
    }
    const inner = message<Inner>({
      someName: required(text(3)),
      many: list(2, requiredId),
      byName: map(2, amount(9n) as Rule<bigint>),
    });
    const outer = message<{ readonly inner: Inner | undefined }>({ inner });
    const value = { inner: { someName: undefined, many: ["a", ""], byName: { a: 1n, b: 10n } } };
    expect(problemsOf(outer, value)).toEqual(["inner.some_name", "inner.many[1]", "inner.by_name[b]"]);
    expect(
      problemsOf(outer, { inner: { someName: "a", many: ["a", "b", "c"], byName: { a: 1n, b: 1n, c: 1n } } }),
    ).toEqual(["inner.many", "inner.by_name"]);
    expect(problemsOf(outer, { inner: undefined })).toEqual([]);
  });

  test("tell a missing field from a wrong one", () => {
    const rule = message<{ readonly a: string | undefined; readonly b: string }>({
      a: required(),
      b: requiredId,
    });
    const reasonOf = (value: { a: string | undefined; b: string }): string => {
      try {
        assertValid(value, rule);
      } catch (error) {
        if (error instanceof TollgateError) return error.reason;
      }
      return "";
    };
    expect(reasonOf({ a: undefined, b: "x" })).toBe("FIELD_REQUIRED");
    expect(reasonOf({ a: undefined, b: "" })).toBe("FIELD_INVALID");
    expect(reasonOf({ a: "", b: "x" })).toBe("");
  });
});
