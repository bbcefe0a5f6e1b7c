import { describe, expect, test } from "vitest";
import { createNow } from "../../../../../src/domain/time.ts";
import { unspentCapability } from "../../../../../src/engine/guards/capabilities/spent-capabilities.ts";
import type { SpentTable } from "../../../../../src/engine/guards/capabilities/spent-table.ts";
import type { CapabilityClaims } from "../../../../../src/engine/guards/guard.ts";
import { onlyGuards, ToolEngine } from "./tool-engine.ts";

const HOUR = 3_600_000;

function started(): ToolEngine {
  const engine = new ToolEngine({
    guards: onlyGuards({ side_effect: { require_capability_token: true }, concurrency: { global_max: 2 } }),
  });
  engine.register("run");
  return engine;
}

function capabilityOf(engine: ToolEngine, changes: Partial<CapabilityClaims> = {}) {
  const claims: CapabilityClaims = {
    subject: "agent",
    tenant: "default",
    execution: undefined,
    tools: ["create_*"],
    classes: ["write"],
    id: "token-1",
    expiresAtMs: engine.wallMs + HOUR,
    ...changes,
  };
  return { capability: { claims } };
}

function reasonOf(answer: ReturnType<ToolEngine["call"]>): string | undefined {
  return answer.reason;
}

describe("a capability token with an id", () => {
  test("works once", () => {
    const engine = started();
    const token = capabilityOf(engine);
    expect(engine.call("create_user", {}, { callId: "c1", ...token }).decision.allowed).toBe(true);
    expect(reasonOf(engine.call("create_user", {}, { callId: "c2", ...token }))).toBe(
      "Capability token refused: used already",
    );
    expect(engine.call("create_user", {}, { callId: "c1", ...token }).decision.allowed).toBe(true);
  });

  test("is not spent by a call that is refused, or that needs none", () => {
    const engine = started();
    const token = capabilityOf(engine);
    expect(engine.call("get_user", {}, token).decision.allowed).toBe(true);
    expect(engine.call("get_user", {}, token).decision.allowed).toBe(true);
    expect(reasonOf(engine.call("create_user", {}, token))).toContain("concurrency limit");
    engine.output("call-1", {});
    expect(engine.call("create_user", {}, token).decision.allowed).toBe(true);
  });

  test("stays spent over a restart, until it has expired", async () => {
    const engine = started();
    const token = capabilityOf(engine);
    engine.call("create_user", {}, { callId: "c1", ...token });
    await engine.save();
    const later = engine.again(60_000);
    expect(reasonOf(later.call("create_user", {}, { callId: "c2", ...token }))).toBe(
      "Capability token refused: used already",
    );
    const rows = later.world.rows.spentCapabilities;
    later.world.spentCapabilities.sweep(rows, engine.wallMs + HOUR);
    await later.save();
    expect(later.again(0).world.spentCapabilities.size).toBe(0);
  });

  test("is taken out of the arguments again for a call that is sent again after a restart", async () => {
    const engine = started();
    const fields = { callId: "c1", acceptsRepair: true, ...capabilityOf(engine) };
    const value = { _capability_token: "a.b.c", name: "Ann" };
    const first = engine.call("create_user", value, fields);
    expect(first.repaired).toBe(`{"name":"Ann"}`);
    await engine.save();
    const later = engine.again(2 * HOUR);
    expect(later.call("create_user", value, fields).repaired).toBe(first.repaired);
    expect(reasonOf(later.call("create_user", value, { ...fields, callId: "c2" }))).toMatch(
      /used already|expired/,
    );
  });

  test("of another tenant is another token", () => {
    const engine = started();
    const { capability } = capabilityOf(engine);
    engine.call("create_user", {}, { callId: "c1", capability });
    expect(unspentCapability(engine.world, "other", capability, engine.now)).toBe(capability);
    expect(unspentCapability(engine.world, "default", capability, engine.now)).toEqual({
      refused: "used already",
    });
  });
});

test("a token without an id works until it expires", () => {
  const engine = started();
  const token = capabilityOf(engine, { id: undefined });
  expect(engine.call("create_user", {}, token).decision.allowed).toBe(true);
  expect(engine.call("create_user", {}, token).decision.allowed).toBe(true);
  expect(engine.world.spentCapabilities.size).toBe(0);
});

test("a token is refused when no more can be remembered, and remembered again when others have expired", () => {
  const engine = started();
  const table: SpentTable = engine.world.spentCapabilities;
  for (let row = 0; row < 100_000; row += 1)
    table.restore(row, { key: `${row}`, expiresAtMs: engine.wallMs + 1 });
  const { capability } = capabilityOf(engine);
  expect(unspentCapability(engine.world, "default", capability, engine.now)).toEqual({
    refused: "100000 tokens are spent, as many as can be remembered",
  });
  const later = createNow(engine.monoMs + 1, engine.wallMs + 1);
  expect(unspentCapability(engine.world, "default", capability, later)).toBe(capability);
  expect(table.size).toBe(0);
});

describe("the argument _capability_token", () => {
  const args = { name: "Ann", _capability_token: "a.b.c", amount: 1.5 };

  test.each([
    ["needed", { require_capability_token: true }],
    ["not needed", {}],
    ["at level warn", { level: "warn" }],
    ["at level off", { level: "off" }],
    ["in shadow", { mode: "shadow" }],
    ["switched off", { mode: "off" }],
  ] as const)("never reaches the tool: %s", (_when, settings) => {
    const engine = new ToolEngine({ guards: onlyGuards({ side_effect: settings }) });
    engine.register("run");
    const token = capabilityOf(engine);
    const answer = engine.call("create_user", args, { ...token, acceptsRepair: true });
    expect(answer).toMatchObject({ repaired: '{"name":"Ann","amount":1.5}', stoppedAt: "side_effect" });
    expect(answer.decision.verdict).toBe("REPAIR");
    expect(answer.decision.guardDetails).toMatchObject([{ guardId: "side_effect", repaired: true }]);
    const plain = engine.call("create_user", args, { ...token, acceptsRepair: false });
    expect(plain.decision).toMatchObject({ allowed: false, verdict: "BLOCK" });
    expect(plain.repaired).toBeUndefined();
  });

  test.each([
    ["its name is escaped", String.raw`{"_capability\u005ftoken":"a.b.c","x":1}`, '{"x":1}'],
    ["it is null", '{"_capability_token":null,"x":1}', '{"x":1}'],
    ["it is no text", '{"x":1,"_capability_token":{"a":["a.b.c"]}}', '{"x":1}'],
    ["it stands alone", '{"_capability_token":""}', "{}"],
  ])("is taken out when %s", (_what, text, left) => {
    const engine = new ToolEngine({ guards: onlyGuards({}) });
    engine.register("run");
    expect(engine.call("create_user", text, { acceptsRepair: true }).repaired).toBe(left);
  });

  test("is taken out of the calls of a plan", () => {
    const engine = new ToolEngine({ guards: onlyGuards({ side_effect: { level: "off" } }) });
    engine.register("run");
    const [call] = engine.plan([{ callId: "p", tool: "create_user", value: args }], {
      acceptsRepair: true,
    }).calls;
    expect(call).toMatchObject({ repaired: '{"name":"Ann","amount":1.5}' });
  });
});
