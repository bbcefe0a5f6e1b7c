// What is told of quotas: levels that were passed, quotas that are used up, what would have been refused.
import { describe, expect, test } from "vitest";
import type { Decision } from "../../../../src/domain/decision.ts";
import { HOUR_MS } from "../../../../src/domain/time.ts";
import { reasonsOf, USD } from "../engine-fixture.ts";
import { engineWith, quotaMessages, REQUEST, started } from "./quotas-fixture.ts";

const first = (decision: Decision) => decision.findings[0];

describe("events", () => {
  test("above 75 and 90 percent an alert is pushed, once per window and level; at the quota it is used up", () => {
    const engine = started({ requests: { hour: 100n } });
    const told = () => engine.events("e").map((event) => [event.type, event.levelPercent, event.message]);
    engine.charge("e", { weight: 75n });
    expect(told()).toEqual([]);
    engine.charge("e", REQUEST);
    engine.charge("e", { weight: 14n });
    expect(told()).toEqual([
      ["QUOTA_ALERT", 75, "Warning: requests_hour at 76.0% of quota (tenant:default)"],
    ]);
    engine.charge("e", { weight: 5n });
    engine.report("e", { requests: 4n });
    engine.charge("e", REQUEST);
    expect(told().slice(1)).toEqual([
      ["QUOTA_ALERT", 90, "Critical: requests_hour at 95.0% of quota (tenant:default)"],
      ["QUOTA_EXHAUSTED", undefined, "quota_requests_hour of tenant:default is used up"],
    ]);
    engine.pass(HOUR_MS);
    engine.charge("e", { weight: 80n });
    expect(told()).toHaveLength(4);
  });

  test("held amounts do not count for alerts", () => {
    const engine = started({ requests: { hour: 100n } });
    engine.reserve("e", "r", { weight: 95n });
    expect(engine.events("e")).toEqual([]);
    engine.settle("e", "r", { requests: 95n });
    expect(engine.eventTypes("e")).toEqual(["QUOTA_ALERT", "QUOTA_ALERT"]);
  });

  test("a report that crosses is charged, answers the refusal for what comes next, tells everybody and halts nothing", () => {
    const engine = engineWith({ tenant: { cost_usd: { day: USD } } });
    for (const id of ["e", "f", "other"])
      engine.register(id, { principal: { tenant: id === "other" ? "o" : "t" } });
    const decision = engine.reported("e", { costNanoUsd: 2n * USD });
    expect(quotaMessages(decision)).toEqual(["Daily cost limit exceeded: 2.00 > 1.00"]);
    expect(decision.allowed).toBe(false);
    expect(engine.snapshot("e").costNanoUsd).toBe(2n * USD);
    engine.settleDue();
    const exhausted = (id: string) =>
      engine.events(id).filter((event) => event.type === "QUOTA_EXHAUSTED").length;
    expect([exhausted("e"), exhausted("f"), exhausted("other")]).toEqual([1, 1, 0]);
    expect(reasonsOf(engine.charge("f", REQUEST))).toEqual(["QUOTA_COST"]);
    expect(engine.charge("other", REQUEST).allowed).toBe(true);
    expect(engine.events("e").find((event) => event.type === "QUOTA_EXHAUSTED")?.windowEndsAtMs).toBe(
      Date.UTC(2026, 0, 16),
    );
    engine.pass(24 * HOUR_MS);
    expect(engine.charge("f", REQUEST).allowed).toBe(true);
    expect(engine.reported("e", {}).allowed).toBe(true);
  });

  test("a shadow quota refuses nothing, says what it would have done, and is kept once per window", () => {
    const engine = engineWith({ tenant: { requests: { hour: { value: 2n, mode: "shadow" } } } });
    engine.register("e");
    engine.charge("e", { weight: 2n });
    const would = engine.charge("e", REQUEST);
    expect(would).toMatchObject({ allowed: true, retryAfterMs: undefined });
    expect(first(would)).toMatchObject({ shadow: true, reason: "QUOTA_REQUESTS", verdict: "BLOCK" });
    engine.charge("e", REQUEST);
    engine.drain();
    expect(engine.violations.map((one) => [one.finding.reason, one.finding.shadow])).toEqual([
      ["QUOTA_REQUESTS", true],
    ]);
    expect(engine.eventTypes("e")).toEqual([]);
  });
});
