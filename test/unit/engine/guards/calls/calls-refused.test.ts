import { describe, expect, test } from "vitest";
import { TollgateError } from "../../../../../src/domain/errors.ts";
import { extendToolCall } from "../../../../../src/engine/guards/calls/extend-call.ts";
import { MAX_SESSIONS } from "../../../../../src/engine/guards/session/session-table.ts";
import { viewLineage } from "../../../../../src/engine/guards/session/session-view.ts";
import { resetSession } from "../../../../../src/engine/guards/session/sessions.ts";
import { MAX_TOOL_CALLS } from "../../../../../src/engine/guards/session/tool-call-table.ts";
import { CALLER, firstOf, reasonsOf, textOf } from "../../engine-fixture.ts";
import { onlyGuards, ToolEngine } from "./tool-engine.ts";

// What calls and sessions refuse beside what the guards find: ids that are used twice, what has ended, what is full.

function refusalOf(act: () => unknown): unknown {
  try {
    act();
  } catch (error) {
    if (error instanceof TollgateError) return error.reason;
    throw error;
  }
  return undefined;
}

function started(changes: Parameters<typeof onlyGuards>[0] = {}): ToolEngine {
  const engine = new ToolEngine({ guards: onlyGuards(changes) });
  engine.register("run");
  return engine;
}

function extend(engine: ToolEngine, callId: string): unknown {
  const request = { executionId: "run", callId, ttlMs: 60_000, requestId: undefined };
  return extendToolCall(engine.world, CALLER, { ...request, fingerprint: () => textOf(request) }, engine.now);
}

describe("the id of a call", () => {
  test("CALL_CONFLICT: with other content it is refused, with the same it is answered again", () => {
    const engine = started();
    const first = engine.call("search", { q: "a" }, { callId: "c" });
    expect(engine.call("search", { q: "a" }, { callId: "c" }).decision).toEqual(first.decision);
    expect(refusalOf(() => engine.call("search", { q: "b" }, { callId: "c" }))).toBe("CALL_CONFLICT");
    engine.output("c", "one");
    engine.output("c", "one");
    expect(refusalOf(() => engine.output("c", "two"))).toBe("CALL_CONFLICT");
  });

  test("CALL_ENDED: a heartbeat is taken while it is in flight, and no longer", () => {
    const engine = started();
    engine.call("search", {}, { callId: "c" });
    expect(refusalOf(() => extend(engine, "c"))).toBeUndefined();
    engine.output("c", "done");
    expect(refusalOf(() => extend(engine, "c"))).toBe("CALL_ENDED");
  });

  test("CALL_FORGOTTEN: a repair that cannot be made again after a restart is not given as the first one", async () => {
    const guards = onlyGuards({ sensitive_data: { redact_mode: "redact" } });
    const engine = new ToolEngine({ guards });
    engine.register("run");
    const secret = { key: "AKIAQWERTYUIOPASDFGH" };
    const fields = { callId: "c", acceptsRepair: true };
    const first = engine.call("send", secret, fields);
    expect(first).toMatchObject({ decision: { verdict: "REPAIR" }, repaired: '{"key":"[REDACTED]"}' });
    await engine.save();
    expect(engine.again(1_000).call("send", secret, fields).repaired).toBe(first.repaired);
    // Policy has changed meanwhile: the same arguments are repaired in another way.
    const changed = engine.again(1_000, { guards: onlyGuards({ sensitive_data: { redact_mode: "hash" } }) });
    expect(refusalOf(() => changed.call("send", secret, fields))).toBe("CALL_FORGOTTEN");
  });

  test("CALLS_FULL: as many as may be are in flight; one that has ended makes room", () => {
    const engine = started();
    for (let at = 0; at < MAX_TOOL_CALLS; at++) engine.call("search", {}, { callId: `c${at}` });
    expect(refusalOf(() => engine.call("search", {}, { callId: "more" }))).toBe("CALLS_FULL");
    engine.output("c0", "done");
    expect(engine.call("search", {}, { callId: "more" }).decision.allowed).toBe(true);
  });
});

describe("a session", () => {
  test("SESSIONS_FULL: as many as may be live; one that nobody uses for an hour makes room", () => {
    const engine = started({ tool_budget: { per_session: 100 } as never });
    engine.call("search");
    const [session] = engine.world.sessions.byKey.values();
    if (session === undefined) throw new Error("no session");
    const others = Array.from({ length: MAX_SESSIONS - 1 }, (_, at) => ({
      ...session,
      row: at + 1,
      key: `k${at}`,
    }));
    for (const other of others) engine.world.sessions.insert(other);
    engine.register("late", { session: "another" });
    expect(refusalOf(() => engine.call("search", {}, { executionId: "late" }))).toBe("SESSIONS_FULL");
    engine.pass(3_600_000);
    expect(engine.call("search", {}, { executionId: "late" }).decision.allowed).toBe(true);
  });

  test("SESSION_AMBIGUOUS: an id that several callers use is reset for none of them unless one is named", () => {
    const engine = started({ tool_budget: { per_session: 100 } as never });
    engine.register("in", { session: "s" });
    engine.call("search", {}, { executionId: "in" });
    const known = [...engine.world.sessions.byKey.values()].find(({ id }) => id === "s");
    if (known === undefined) throw new Error("no session");
    engine.world.sessions.insert({
      ...known,
      row: known.row + 1,
      key: `tcp\n${known.key.split("\n").slice(1).join("\n")}`,
    });
    const target = { tenant: "default", sessionId: "s", caller: undefined };
    const reset = (caller: string | undefined) => () =>
      resetSession(engine.world, { ...target, caller }, [], "operator", undefined, engine.now);
    expect(refusalOf(reset(undefined))).toBe("SESSION_AMBIGUOUS");
    expect(refusalOf(reset("tcp"))).toBeUndefined();
    expect(refusalOf(reset(undefined))).toBeUndefined();
  });

  test("REFERENCE_NOT_FOUND: it knows the lineage of what was put out in it, and of nothing else", () => {
    const engine = started({ provenance: {} });
    engine.call("search", {}, { callId: "c" });
    const { referenceId } = engine.output("c", { found: 1 });
    const record = engine.world.executions.record(0);
    expect(viewLineage(engine.world, record, referenceId as string, 5).records).toHaveLength(1);
    expect(refusalOf(() => viewLineage(engine.world, record, "nothing", 5))).toBe("REFERENCE_NOT_FOUND");
  });
});

describe("what guards say", () => {
  test("P8: GUARD_FAILED: one that fails inside refuses, and says no more than that", () => {
    // Settings that no document can hold: the guard runs into them.
    const failing = { patterns: [undefined as never] };
    const warning = started({ unresolved_reference: { ...failing, level: "warn" } });
    expect(firstOf(warning.call("search", { q: "words" }).decision)).toMatchObject({
      verdict: "BLOCK",
      reason: "GUARD_FAILED",
    });
    const engine = started({ unresolved_reference: failing });
    const { decision } = engine.call("search", { q: "words of the arguments" });
    expect(firstOf(decision)).toMatchObject({ verdict: "BLOCK", kind: "GUARD", reason: "GUARD_FAILED" });
    expect(textOf(decision)).not.toContain("words of the arguments");
    engine.drain();
    expect(engine.violations.map(({ finding }) => finding.reason)).toEqual(["GUARD_FAILED"]);
  });

  test("OUTPUT_INVALID: what is no JSON, or too deep, is refused; the slot is free all the same", () => {
    const engine = started({ output_size: {} });
    engine.call("search", {}, { callId: "c" });
    let deep: unknown = 1;
    for (let depth = 0; depth < 65; depth++) deep = [deep];
    const answer = engine.output("c", deep);
    expect(firstOf(answer.decision)).toMatchObject({ verdict: "BLOCK", reason: "OUTPUT_INVALID" });
    expect(refusalOf(() => extend(engine, "c"))).toBe("CALL_ENDED");
  });

  test("UNRESOLVED_REFERENCE: a placeholder that was never filled in is refused, a filled one is not", () => {
    const engine = started({ unresolved_reference: {} });
    expect(reasonsOf(engine.call("search", { q: "{{city}}" }).decision)).toEqual(["UNRESOLVED_REFERENCE"]);
    expect(engine.call("search", { q: "Oslo" }).decision.allowed).toBe(true);
  });
});
