import { describe, expect, test } from "vitest";
import { keepViolation } from "../../../src/engine/events/push.ts";
import { createLogger } from "../../../src/observability/logger.ts";
import { createTelemetry } from "../../../src/observability/telemetry.ts";
import { CensusTaker } from "../../../src/runtime/census.ts";
import { createLoadingSource, createServingSource } from "../../../src/runtime/probe-source.ts";
import { createCounters } from "../../../src/transport/counters.ts";
import { createEngine, type EngineFixture } from "./engine-fixture.ts";

const telemetry = createTelemetry(createLogger("silent", { write: () => undefined }));

function createSource(engine: EngineFixture, isDraining = () => false) {
  const { host, cuts, store } = engine;
  const counters = createCounters();
  return {
    counters,
    source: createServingSource({
      host,
      cuts,
      store,
      telemetry,
      counters,
      census: new CensusTaker(host),
      isDraining,
      policyStatus: () => ({ lastReloadError: null, staleDocuments: [] }),
    }),
  };
}

/** Changes something, so that a cut is due. */
function change({ host }: EngineFixture): void {
  host.turn((world, now) => {
    const finding = { verdict: "BLOCK", kind: "LIMIT", reason: "STEP_LIMIT", message: "" } as const;
    keepViolation(world, finding, now, "t", "e", undefined, undefined);
  });
}

describe("createLoadingSource", () => {
  test("is alive and not ready", () => {
    const source = createLoadingSource(telemetry, () => 0);
    expect(source.health()).toMatchObject({ status: "ok", checks: { api: "loading", store: "loading" } });
    expect(source.readiness().status).toBe("unavailable");
  });
});

describe("createServingSource", () => {
  test("counts ALLOW, WARN and REPAIR as allowed and the rest as denied", () => {
    const { source, counters } = createSource(createEngine("continue"));
    counters.decisions.unrouted.decisions.check.ALLOW = 3;
    counters.decisions.of("/v1/a").decisions.charge.WARN = 2;
    counters.decisions.unrouted.decisions.report.PAUSE = 1;
    counters.decisions.unrouted.decisions.reserve.BLOCK = 4;
    expect(source.readiness().policy).toMatchObject({ total_decisions: 10, allow_count: 5, deny_count: 5 });
    expect(source.health().checks.policy).toEqual({ available: true, decisions: 10 });
  });

  test("on_store_failure: continue stays ready while the file fails, in degraded mode, and liveness never fails", async () => {
    const engine = createEngine("continue");
    const { source } = createSource(engine);
    engine.volume.failure = "disk full";
    const failing = engine.stateTold();
    change(engine);
    expect(await failing).toBe("failing");
    expect(source.readiness()).toMatchObject({ status: "ok", store: { state: "failing" }, mode: "degraded" });
    expect(source.health()).toMatchObject({ status: "ok", checks: { store: "failing" } });
    const recovered = engine.stateTold();
    engine.volume.failure = undefined;
    engine.cuts.wake();
    expect(await recovered).toBe("ok");
    expect(source.readiness()).toMatchObject({ status: "ok", store: { state: "ok" }, mode: "full" });
  });

  test("on_store_failure: block is not ready while the file fails", async () => {
    const engine = createEngine("block");
    const { source } = createSource(engine);
    engine.volume.failure = "input/output error";
    const blocking = engine.stateTold();
    change(engine);
    expect(await blocking).toBe("blocking");
    expect(source.readiness()).toMatchObject({ status: "unavailable", mode: "degraded" });
    expect(source.health().status).toBe("ok");
    engine.volume.failure = undefined;
    await engine.cuts.drain();
  });

  test("a daemon that drains is alive and not ready", () => {
    const { source } = createSource(createEngine("continue"), () => true);
    expect(source.readiness()).toMatchObject({ status: "unavailable", checks: { api: "draining" } });
    expect(source.health().status).toBe("ok");
  });
});
