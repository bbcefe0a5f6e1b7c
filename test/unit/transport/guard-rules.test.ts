import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { describe, expect, test } from "vitest";
import { GetLineageRequestSchema } from "../../../src/gen/tollgate/enforcement/v1/session_pb.ts";
import {
  CheckPlanRequestSchema,
  CheckToolCallRequestSchema,
  CheckToolOutputRequestSchema,
} from "../../../src/gen/tollgate/enforcement/v1/tool_call_pb.ts";
import {
  LINEAGE_RULE,
  PLAN_RULE,
  TOOL_CALL_RULE,
  TOOL_OUTPUT_RULE,
} from "../../../src/transport/validate/guard-rules.ts";

type CallFields = MessageInitShape<typeof CheckToolCallRequestSchema>;

function wrongFields(changes: CallFields): string[] {
  const request = create(CheckToolCallRequestSchema, {
    executionId: "e",
    callId: "c",
    tool: "t",
    ...changes,
  });
  return (TOOL_CALL_RULE(request) ?? []).map(({ field }) => field);
}

describe("TOOL_CALL_RULE", () => {
  test.each<[string, CallFields, CallFields, string]>([
    ["a call id", { callId: "x".repeat(128) }, { callId: "x".repeat(129) }, "call_id"],
    ["a tool", { tool: "x".repeat(128) }, { tool: "" }, "tool"],
    [
      "arguments",
      { argumentsJson: new Uint8Array(262_144) },
      { argumentsJson: new Uint8Array(262_145) },
      "arguments_json",
    ],
    ["a namespace", { namespace: "n" }, { namespace: "" }, "namespace"],
    ["a turn", { turnId: "t-1" }, { turnId: "t 1" }, "turn_id"],
    ["a plan", { planId: "p-1" }, { planId: "" }, "plan_id"],
    ["a key", { idempotencyKey: "k".repeat(256) }, { idempotencyKey: "k".repeat(257) }, "idempotency_key"],
    [
      "a token",
      { capabilityToken: "t".repeat(8_192) },
      { capabilityToken: "t".repeat(8_193) },
      "capability_token",
    ],
    ["parents", { parents: Array(64).fill("p") }, { parents: Array(65).fill("p") }, "parents"],
    ["a reserve", { reserve: { estimate: {} } }, { reserve: {} }, "reserve.estimate"],
    ["a weight", { weight: 1n << 32n }, { weight: (1n << 32n) + 1n }, "weight"],
  ])("bounds %s", (_what, right, wrong, field) => {
    expect(wrongFields(right)).toEqual([]);
    expect(wrongFields(wrong)).toEqual([field]);
  });
});

describe("TOOL_OUTPUT_RULE", () => {
  test("bounds the output and refuses usage that settles something else", () => {
    const output = (bytes: number, more = {}) =>
      TOOL_OUTPUT_RULE(
        create(CheckToolOutputRequestSchema, { callId: "c", outputJson: new Uint8Array(bytes), ...more }),
      )?.map(({ field }) => field);
    expect(output(1_048_576)).toBeUndefined();
    expect(output(1_048_577)).toEqual(["output_json"]);
    expect(output(0, { usage: { settlesReservationId: "r" } })).toEqual(["usage"]);
  });
});

describe("PLAN_RULE", () => {
  test("wants 1 to 1,000 calls with different ids", () => {
    const plan = (ids: readonly string[]) =>
      PLAN_RULE(create(CheckPlanRequestSchema, { calls: ids.map((callId) => ({ callId, tool: "t" })) }))?.map(
        ({ field }) => field,
      );
    const ids = Array.from({ length: 1_001 }, (_, at) => `c${at}`);
    expect(plan(ids.slice(0, 1_000))).toBeUndefined();
    expect(plan(ids)).toEqual(["calls"]);
    expect(plan([])).toEqual(["calls"]);
    expect(plan(["a", "a"])).toEqual(["calls"]);
  });
});

describe("LINEAGE_RULE", () => {
  test("wants a reference and a depth of 1 to 64", () => {
    const lineage = (referenceId: string, maxDepth?: number) =>
      LINEAGE_RULE(
        create(GetLineageRequestSchema, {
          referenceId,
          ...(maxDepth === undefined ? {} : { maxDepth }),
        }),
      )?.map(({ field }) => field);
    expect(lineage("a:b:1", 64)).toBeUndefined();
    expect(lineage("", 64)).toEqual(["reference_id"]);
    expect(lineage("a:b:1", 0)).toEqual(["max_depth"]);
    expect(lineage("a:b:1", 65)).toEqual(["max_depth"]);
  });
});
