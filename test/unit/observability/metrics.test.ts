import { describe, expect, test } from "vitest";
import { formatPrometheus } from "../../../src/observability/metrics/prometheus.ts";
import { Registry } from "../../../src/observability/metrics/registry.ts";

describe("formatPrometheus", () => {
  test("writes counters, histograms and gauges in the text format", () => {
    const registry = new Registry();
    registry.counters("a_total", "Help of a.", ["verdict", "route"]).with("BLOCK", 'x"\\\n').add(2);
    const histogram = registry.histogram("b_seconds", "Help of b.", [0.1, 1]);
    for (const value of [0.05, 0.1, 0.5, 7]) histogram.observe(value);
    registry.gauge("c", "Help of c.", () => 3);
    registry.readCounter("d_total", "Help of d.", () => [[{ kind: "x" }, 4]]);
    expect(formatPrometheus(registry)).toBe(`# HELP a_total Help of a.
# TYPE a_total counter
a_total{verdict="BLOCK",route="x\\"\\\\\\n"} 2
# HELP b_seconds Help of b.
# TYPE b_seconds histogram
b_seconds_bucket{le="0.1"} 2
b_seconds_bucket{le="1"} 3
b_seconds_bucket{le="+Inf"} 4
b_seconds_sum 7.65
b_seconds_count 4
# HELP c Help of c.
# TYPE c gauge
c 3
# HELP d_total Help of d.
# TYPE d_total counter
d_total{kind="x"} 4
`);
  });
});

describe("Family", () => {
  test("P10: values beyond the bound of a label are counted as other", () => {
    const registry = new Registry();
    const family = registry.counters("a_total", "Help.", ["reason"], 2);
    for (const reason of ["r1", "r2", "r3", "r4", "r1"]) family.with(reason).add();
    const counts = [...family.byLabels.values()].map(({ values, instrument }) => [
      values[0],
      instrument.value,
    ]);
    expect(counts).toEqual([
      ["r1", 2],
      ["r2", 1],
      ["other", 2],
    ]);
  });
});
