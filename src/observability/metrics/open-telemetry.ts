import { type Meter, metrics, type ObservableResult } from "@opentelemetry/api";
import type { Family, Histogram } from "./instruments.ts";
import type { Registry } from "./registry.ts";

// The same numbers through the OpenTelemetry API. An SDK that is loaded beside the daemon (`--import`) reads them; without
// one the API does nothing. Load this file only when OpenTelemetry is configured.

export function registerObservables(registry: Registry): void {
  const meter = metrics.getMeter("tollgate");
  for (const metric of registry.metrics) {
    const { name, help: description } = metric;
    if (metric.kind === "counter") {
      const { family } = metric;
      meter.createObservableCounter(name, { description }).addCallback((result) => {
        for (const { values, instrument } of family.byLabels.values()) {
          result.observe(instrument.value, attributes(family.labelNames, values));
        }
      });
    } else if (metric.kind === "histogram") registerHistogram(meter, name, description, metric.family);
    else {
      const { read } = metric;
      const observable =
        metric.kind === "gauge"
          ? meter.createObservableGauge(name, { description })
          : meter.createObservableCounter(name, { description });
      observable.addCallback((result) => {
        const found = read();
        if (typeof found === "number") result.observe(found);
        else for (const [labels, value] of found) result.observe(value, labels);
      });
    }
  }
}

/** Observables know no histograms: its buckets, sum and count go out as counters, as Prometheus has them. */
function registerHistogram(meter: Meter, name: string, description: string, family: Family<Histogram>): void {
  const each =
    (observe: (result: ObservableResult, labels: Record<string, string>, histogram: Histogram) => void) =>
    (result: ObservableResult) => {
      for (const { values, instrument } of family.byLabels.values())
        observe(result, attributes(family.labelNames, values), instrument);
    };
  const sum = each((result, labels, histogram) => result.observe(histogram.sum, labels));
  const count = each((result, labels, histogram) => result.observe(histogram.count, labels));
  const buckets = each((result, labels, histogram) => {
    let below = 0;
    for (const [place, found] of histogram.counts.entries()) {
      below += found;
      result.observe(below, { ...labels, le: `${histogram.bounds[place] ?? "+Inf"}` });
    }
  });
  meter.createObservableCounter(`${name}_sum`, { description }).addCallback(sum);
  meter.createObservableCounter(`${name}_count`, { description }).addCallback(count);
  meter.createObservableCounter(`${name}_bucket`, { description }).addCallback(buckets);
}

function attributes(names: readonly string[], values: readonly string[]): Record<string, string> {
  return Object.fromEntries(names.map((name, place) => [name, values[place] ?? ""]));
}
