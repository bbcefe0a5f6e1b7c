import { describe, expect, test } from "vitest";
import { formatRouteLabel } from "../../../src/observability/metrics/decision-counters.ts";
import { countDecision, createCounters } from "../../../src/transport/counters.ts";

const allowed = { verdict: "ALLOW", allowed: true, findings: [], decisionId: "d", decidedAtMs: 0 } as never;

describe("formatRouteLabel", () => {
  test.each([
    ["/v1/embeddings", "/v1/embeddings"],
    ["/v1/embeddings?page=2#top", "/v1/embeddings"],
    ["/users/12345/keys/7", "/users/:id/keys/:id"],
    ["/runs/6f1c2a9e-3d4b-4c5d-8e6f-001122334455", "/runs/:id"],
    ["/threads/thread_8aB3xY9kQ2mN", "/threads/:id"],
    ["/v1beta/models/gemini-2.0-flash", "/v1beta/models/gemini-2.0-flash"],
    ["/feed/facade", "/feed/facade"],
  ])("%s is %s", (route, label) => {
    expect(formatRouteLabel(route)).toBe(label);
  });
});

describe("countDecision", () => {
  test("P10: tells 100 routes apart; the others are other", () => {
    const counters = createCounters();
    for (let at = 0; at < 3_000; at++)
      countDecision(
        counters,
        "check",
        allowed,
        `/r${String.fromCharCode(97 + (at % 20))}/x${"y".repeat(at % 7)}/${at}`,
      );
    countDecision(counters, "check", allowed);
    for (let at = 0; at < 150; at++) countDecision(counters, "check", allowed, `/name-${"z".repeat(at)}`);
    const { byRoute, unrouted } = counters.decisions;
    expect(unrouted.decisions.check.ALLOW).toBe(1);
    expect(byRoute.size).toBeLessThanOrEqual(101);
    expect(byRoute.get("other")?.decisions.check.ALLOW).toBeGreaterThan(0);
    expect([...byRoute.values()].reduce((sum, one) => sum + one.decisions.check.ALLOW, 0)).toBe(3_150);
  });
});
