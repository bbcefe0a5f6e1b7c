import { metrics } from "@opentelemetry/api";
import { afterAll, describe, expect, test } from "vitest";
import { registerObservables } from "../../../src/observability/metrics/open-telemetry.ts";
import { Registry } from "../../../src/observability/metrics/registry.ts";

type Callback = (result: { observe(value: number, attributes?: object): void }) => void;

/** A meter that keeps what is registered, as an SDK would. */
function installMeter(): Map<string, Callback> {
  const callbacks = new Map<string, Callback>();
  const create = (name: string) => ({ addCallback: (callback: Callback) => callbacks.set(name, callback) });
  const meter = { createObservableCounter: create, createObservableGauge: create };
  metrics.setGlobalMeterProvider({ getMeter: () => meter } as never);
  return callbacks;
}

afterAll(() => metrics.disable());

describe("registerObservables", () => {
  test("an SDK that is loaded reads the same numbers as Prometheus", () => {
    const callbacks = installMeter();
    const registry = new Registry();
    registry.counters("a_total", "Help.", ["type"]).with("x").add(3);
    registry.histogram("b_seconds", "Help.", [1]).observe(0.5);
    registry.gauge("c", "Help.", () => 7);
    registerObservables(registry);
    const read = (name: string): unknown[] => {
      const seen: unknown[] = [];
      callbacks.get(name)?.({ observe: (value, attributes) => seen.push([value, attributes]) });
      return seen;
    };
    expect(read("a_total")).toEqual([[3, { type: "x" }]]);
    expect(read("b_seconds_bucket")).toEqual([
      [1, { le: "1" }],
      [1, { le: "+Inf" }],
    ]);
    expect(read("b_seconds_count")).toEqual([[1, {}]]);
    expect(read("c")).toEqual([[7, undefined]]);
  });
});
