import { describe, expect, test } from "vitest";
import { judgePlan, type PlannedCall } from "../../../../src/engine/guards/flow/plan-shape.ts";
import { type GuardChanges, onlyGuards, ToolEngine } from "./calls/tool-engine.ts";
import { settingsOf } from "./guard-fixture.ts";

// The examples of the document "Runtime Guards", in its order, with its values and its words. Where the product differs on
// purpose, the test says so and docs/guards/README.md says why.

const CREATE_USER = {
  name: "create_user",
  schema: {
    type: "object",
    properties: {
      name: { type: "string" },
      age: { type: "integer" },
      role: { type: "string", enum: ["admin", "user", "guest"] },
    },
    required: ["name", "age"],
  },
} as const;

function guarded(changes: GuardChanges, tools: ConstructorParameters<typeof ToolEngine>[0] = {}): ToolEngine {
  const engine = new ToolEngine({ guards: onlyGuards(changes), ...tools });
  engine.register("run");
  return engine;
}

/** `BLOCK reason`, as the document prints a result. */
function resultOf(engine: ToolEngine, tool: string, value: unknown, fields = {}): string {
  // Repeated steps are another matter than these guards: every step is its own here.
  const answer = engine.call(tool, value, { acceptsRepair: true, step: { entersDepth: false }, ...fields });
  const { verdict } = answer.decision;
  if (verdict === "REPAIR") return `REPAIR ${answer.repaired}`;
  return answer.reason === undefined ? verdict : `${verdict} ${answer.reason}`;
}

describe("1. schema strictness", () => {
  test.each([
    [{ name: "Alice", age: 30 }, "ALLOW"],
    [{ name: "Bob", age: "25" }, `REPAIR {"name":"Bob","age":25}`],
    [{ name: "Charlie" }, "BLOCK Missing required field: age"],
  ])("%j", (value, result) => {
    const engine = guarded({ schema_strictness: { coerce_types: true } }, { tools: [CREATE_USER] });
    expect(resultOf(engine, "create_user", value)).toBe(result);
  });
});

describe("2. sensitive data", () => {
  test("blocks an API key and names its kind alone", () => {
    const engine = guarded({ sensitive_data: { allowlist: ["test_key_12345"] } });
    expect(resultOf(engine, "tool", { config: "api_key=sk_fake_abc123def456" })).toBe(
      "BLOCK Sensitive data detected: api_key",
    );
  });

  test("redacts the secret alone, not the words around it: on purpose different from {key: [REDACTED]}", () => {
    const engine = guarded({ sensitive_data: { redact_mode: "redact" } });
    expect(resultOf(engine, "tool", { key: "api_key=sk_fake_abc123" })).toBe(
      `REPAIR {"key":"api_key=[REDACTED]"}`,
    );
  });

  test.each([
    ["Bearer eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N"],
    ["AKIAQWERTYUIOPASDFGH"],
    ["-----BEGIN RSA PRIVATE KEY-----\nMIIEpAIBAAKCAQEA7\n-----END RSA PRIVATE KEY-----"],
    ["postgres://user:password@host"],
  ])("detects %s", (secret) => {
    expect(resultOf(guarded({ sensitive_data: {} }), "tool", { value: secret })).toMatch(
      /^BLOCK Sensitive data detected: /,
    );
  });
});

describe("3. network policy", () => {
  const policy: GuardChanges = {
    network_policy: {
      require_https: true,
      allowed_domains: ["api.example.com", "cdn.example.com"],
      url_argument_names: ["url", "endpoint", "webhook_url"],
    },
  };
  test.each([
    ["https://api.example.com/data", /^ALLOW$/],
    ["http://localhost:8080/admin", /^BLOCK .*Localhost access blocked/],
    ["http://192.168.1.1/internal", /^BLOCK /],
    ["http://169.254.169.254/latest/meta-data", /^BLOCK /],
  ])("%s", (url, result) => {
    expect(resultOf(guarded(policy), "fetch", { url })).toMatch(result);
  });
});

describe("4. side effects", () => {
  test("blocks destructive tools in production", () => {
    const engine = guarded({ side_effect: { execution_mode: "write_allowed", environment: "prod" } });
    expect(resultOf(engine, "get_user", {})).toBe("ALLOW");
    expect(resultOf(engine, "create_user", {})).toBe("ALLOW");
    expect(resultOf(engine, "delete_user", {})).toBe(
      "BLOCK Tool 'delete_user' classified as destructive is blocked in production",
    );
  });

  test("blocks writes in the read-only mode", () => {
    expect(resultOf(guarded({ side_effect: { execution_mode: "read_only" } }), "update_user", {})).toMatch(
      /^BLOCK /,
    );
  });
});

describe("5. concurrency", () => {
  test("refuses a third call of a tool with two slots until one is free", () => {
    const engine = guarded({ concurrency: { per_tool_max: { heavy_api: 2 }, per_session_max: 10 } });
    expect(resultOf(engine, "heavy_api", {}, { callId: "a" })).toBe("ALLOW");
    expect(resultOf(engine, "heavy_api", {}, { callId: "b" })).toBe("ALLOW");
    expect(resultOf(engine, "heavy_api", {})).toBe("BLOCK concurrency limit reached: tool heavy_api 2/2");
    engine.output("a", {});
    expect(resultOf(engine, "heavy_api", {})).toBe("ALLOW");
  });
});

describe("6. time budget", () => {
  test("warns at 24 of 30 seconds, with advice, and blocks at 30", () => {
    const engine = guarded({ timeout_budget: {} });
    const turn = { turnId: "t" };
    expect(resultOf(engine, "tool", {}, turn)).toBe("ALLOW");
    engine.pass(24_000);
    expect(engine.call("tool", {}, turn).decision).toMatchObject({
      verdict: "WARN",
      advice: ["disable_retries", "reduce_parallelism"],
    });
    engine.pass(6_000);
    expect(resultOf(engine, "tool", {}, turn)).toMatch(/^BLOCK /);
  });
});

describe("7. output size", () => {
  test("blocks an array that is too long, in the source's words", () => {
    const engine = guarded({ output_size: { max_tokens: 25_000 } });
    engine.call("tool", {}, { callId: "a" });
    const answer = engine.output("a", { items: Array.from({ length: 2_000 }, (_, at) => at) });
    expect(answer.decision.verdict).toBe("BLOCK");
    expect(answer.reason).toBe("array_length_exceeded: 2000 > 1000");
  });

  test("truncates so that the output fits", () => {
    const engine = guarded({ output_size: { truncation_mode: "truncate" } });
    engine.call("tool", {}, { callId: "a" });
    const answer = engine.output("a", { data: "x".repeat(200_000) }, { acceptsRepair: true });
    expect(answer.decision.verdict).toBe("REPAIR");
    expect(answer.repaired?.length).toBeLessThanOrEqual(100_000);
  });
});

describe("8. retry safety", () => {
  test("lets three attempts through and blocks the fourth; early ones are warned of, on purpose", () => {
    const engine = guarded({ retry_safety: { require_idempotency_key: true } });
    const results = [1, 2, 3, 4].map(() => resultOf(engine, "db_query", { sql: "SELECT *" }));
    expect(results.map((one) => one.split(" ")[0])).toEqual(["ALLOW", "WARN", "WARN", "BLOCK"]);
  });

  test("blocks after an error that does not go away", () => {
    const engine = guarded({ retry_safety: {} });
    engine.call("api_call", { id: 1 }, { callId: "a" });
    engine.output("a", undefined, { errorClass: "validation" });
    expect(resultOf(engine, "api_call", { id: 1 })).toContain("Error class 'validation' is non-retryable");
  });

  test("wants an idempotency key for what is not idempotent", () => {
    const engine = guarded({ retry_safety: { require_idempotency_key: true } });
    expect(resultOf(engine, "create_order", { item: "widget" })).toMatch(/^BLOCK /);
    expect(resultOf(engine, "create_order", { item: "widget", _idempotency_key: "abc123" })).toBe("ALLOW");
  });
});

describe("9. provenance", () => {
  test("gives references, knows them, and keeps their lineage", () => {
    const engine = guarded({ provenance: {} });
    engine.call("fetch_data", {}, { callId: "a" });
    const parent = engine.output("a", { data: [1, 2, 3] }).referenceId ?? "";
    expect(parent).toMatch(/^fetch_data:[^:]+:\d+$/);
    expect(resultOf(engine, "transform_data", { input_ref: parent }, { callId: "b" })).toBe("ALLOW");
    const child = engine.output("b", { transformed: [2, 4, 6] }).referenceId ?? "";
    expect(child).toMatch(/^transform_data:/);
    expect(resultOf(engine, "use_data", { ref: parent })).toBe("ALLOW");
    expect(resultOf(engine, "use_data", { ref: "fake:invalid:123" })).toMatch(/^BLOCK /);
  });
});

describe("10. plan shape", () => {
  const judged = (calls: readonly PlannedCall[]) =>
    judgePlan(calls, settingsOf("plan_shape")).map(({ text }) => text);
  const batch = (size: number, tool: (at: number) => string) =>
    Array.from({ length: size }, (_, at) => ({ id: `${at}`, tool: tool(at), dependsOn: [] }));

  test("refuses a batch of 600 and a fan-out of 150", () => {
    expect(judged(batch(600, (at) => `tool_${at}`))).toEqual(["batch_too_large: 600 > 500"]);
    expect(judged(batch(150, () => "api.fetch"))).toEqual(["fan_out_too_large: 150 > 100"]);
  });

  test("refuses the 21st call of a chain: on purpose not 25 > 20 after 25 recorded ones", () => {
    const engine = guarded({ plan_shape: { max_unique_tools: 50 } });
    const results = Array.from({ length: 21 }, (_, at) => {
      const result = resultOf(engine, `step_${at}`, {}, { callId: `c${at}`, planId: "p" });
      if (result === "ALLOW") engine.output(`c${at}`, {});
      return result;
    });
    expect(results.slice(0, 20).every((one) => one === "ALLOW")).toBe(true);
    expect(results[20]).toBe("BLOCK chain_too_long: 21 > 20");
  });
});

describe("11. saturation", () => {
  const watched: GuardChanges = {
    saturation: { cdf_tools: ["normal_cdf", "t_cdf", "chi2_cdf"], degenerate_values: [0, 1] },
  };

  test("warns of an extreme Z-score", () => {
    expect(resultOf(guarded(watched), "normal_cdf", { x: 100, mean: 0, std: 1 })).toMatch(
      /^WARN SATURATION_WARNING: `normal_cdf` called with extreme Z-score \|Z\|=100\.00 > 8\.0/,
    );
  });

  test("warns after three degenerate results in a row", () => {
    const engine = guarded(watched);
    const verdicts = [1, 2, 3].map((at) => {
      engine.call("normal_cdf", { x: at, mean: 0, std: 1 }, { callId: `c${at}` });
      return engine.output(`c${at}`, { result: 1.0 }).decision.verdict;
    });
    expect(verdicts).toEqual(["ALLOW", "ALLOW", "WARN"]);
  });
});

describe("the chain", () => {
  test("stops at the first guard that blocks and says which", () => {
    const engine = guarded(
      { schema_strictness: {}, sensitive_data: {}, network_policy: {} },
      { tools: [CREATE_USER] },
    );
    const answer = engine.call("create_user", { name: "http://localhost/" });
    expect(answer).toMatchObject({
      stoppedAt: "schema_strictness",
      reason: "Missing required field: age",
      decision: { verdict: "BLOCK" },
    });
  });

  test.each([
    ["off", "ALLOW"],
    ["warn", "WARN"],
    ["block", "BLOCK"],
  ] as const)("at level %s answers %s", (level, verdict) => {
    const engine = guarded({ sensitive_data: { level } });
    expect(engine.call("tool", { key: "AKIAQWERTYUIOPASDFGH" }).decision.verdict).toBe(verdict);
  });
});
