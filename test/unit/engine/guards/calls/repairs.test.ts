// What is passed on after several repairs is what every guard of it allows.
import { describe, expect, test } from "vitest";
import { onlyGuards, ToolEngine } from "./tool-engine.ts";

const KEY = "AKIAQWERTYUIOPASDFGH";

function started(guards: Parameters<typeof onlyGuards>[0], schema?: object): ToolEngine {
  const tools = schema === undefined ? [] : [{ name: "send", schema: { type: "object", ...schema } }];
  const engine = new ToolEngine({ guards: onlyGuards(guards), tools });
  engine.register("run");
  return engine;
}

describe("a repair that leaves something which an earlier guard refuses", () => {
  const redact = { redact_mode: "redact" } as const;

  test("is refused, with the words of that guard", () => {
    const schema = { properties: { key: { type: "string", pattern: "^AKIA" } } };
    const engine = started({ schema_strictness: {}, sensitive_data: redact }, schema);
    const answer = engine.call("send", { key: KEY }, { acceptsRepair: true });
    expect(answer.decision).toMatchObject({ verdict: "BLOCK", allowed: false });
    expect(answer).toMatchObject({ stoppedAt: "schema_strictness", repaired: undefined });
    expect(answer.decision.findings.map(({ reason }) => reason)).toContain("SCHEMA_VIOLATION");
    expect(answer.decision.guardDetails).toMatchObject([
      { guardId: "schema_strictness", verdict: "BLOCK" },
      { guardId: "sensitive_data", verdict: "REPAIR" },
    ]);
    expect(engine.snapshot("run").toolCalls).toBe(0n);
  });

  test("a name that is replaced may be unknown to the schema", () => {
    const schema = { properties: { [KEY]: { type: "string" } } };
    const engine = started({ schema_strictness: {}, sensitive_data: redact }, schema);
    const answer = engine.call("send", { [KEY]: "x" }, { acceptsRepair: true });
    expect(answer.stoppedAt).toBe("schema_strictness");
  });

  test("passes where the schema allows what is left", () => {
    const schema = { properties: { key: { type: "string" }, age: { type: "integer" } } };
    const engine = started({ schema_strictness: { coerce_types: true }, sensitive_data: redact }, schema);
    const answer = engine.call("send", { key: KEY, age: "5" }, { acceptsRepair: true });
    expect(answer).toMatchObject({ stoppedAt: "sensitive_data", repaired: '{"key":"[REDACTED]","age":5}' });
  });

  test("at level warn the earlier guard refuses nothing", () => {
    const schema = { properties: { key: { type: "string", pattern: "^AKIA" } } };
    const engine = started({ schema_strictness: { level: "warn" }, sensitive_data: redact }, schema);
    expect(engine.call("send", { key: KEY }, { acceptsRepair: true }).decision.verdict).toBe("REPAIR");
  });
});

describe("an output that is cut and holds secrets", () => {
  const output = { rows: Array.from({ length: 40 }, (_, at) => ({ password: `x8Kq2Lw9Zr4Tb7N${at}` })) };

  test.each(["redact", "hash"] as const)("fits with what stands for them: %s", (redact_mode) => {
    for (let max_bytes = 250; max_bytes < 420; max_bytes += 7) {
      const engine = started({
        output_size: { truncation_mode: "truncate", max_bytes },
        sensitive_data: { redact_mode },
      });
      engine.call("send", {}, { callId: "c" });
      const answer = engine.output("c", output, { acceptsRepair: true });
      expect(answer.decision.verdict).toBe("REPAIR");
      const repaired = answer.repaired ?? "";
      expect(Buffer.byteLength(repaired)).toBeLessThanOrEqual(max_bytes);
      expect(repaired).not.toContain("x8Kq2Lw9Z");
      expect(JSON.parse(repaired)).toMatchObject({ partial: true });
    }
  });

  test("holds no part of one at the cut", () => {
    for (let max_string_length = 20; max_string_length < 44; max_string_length += 1) {
      const engine = started({
        output_size: { truncation_mode: "truncate", max_string_length },
        sensitive_data: { redact_mode: "redact" },
      });
      engine.call("send", {}, { callId: "c" });
      const answer = engine.output(
        "c",
        { note: `here is the key: ${KEY} and more` },
        { acceptsRepair: true },
      );
      expect(answer.decision.verdict).toBe("REPAIR");
      expect(answer.repaired).not.toContain(KEY.slice(0, 6));
    }
  });
});
