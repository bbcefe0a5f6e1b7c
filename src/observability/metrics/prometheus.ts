import type { Counter, Family, Histogram } from "./instruments.ts";
import type { Metric, ReadValue, Registry } from "./registry.ts";

/** Of the text that `formatPrometheus` makes. */
export const PROMETHEUS_CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8";

/** Every metric in the Prometheus text format. */
export function formatPrometheus(registry: Registry): string {
  const lines: string[] = [];
  for (const metric of registry.metrics) {
    lines.push(
      `# HELP ${metric.name} ${metric.help}`,
      `# TYPE ${metric.name} ${metric.kind === "total" ? "counter" : metric.kind}`,
    );
    addSamples(metric, lines);
  }
  return `${lines.join("\n")}\n`;
}

function addSamples(metric: Metric, lines: string[]): void {
  if (metric.kind === "counter") addCounters(metric.name, metric.family, lines);
  else if (metric.kind === "histogram") addHistograms(metric.name, metric.family, lines);
  else addRead(metric.name, metric.read, lines);
}

function addCounters(name: string, family: Family<Counter>, lines: string[]): void {
  for (const { values, instrument } of family.byLabels.values()) {
    lines.push(`${name}${formatLabels(family.labelNames, values)} ${instrument.value}`);
  }
}

function addHistograms(name: string, family: Family<Histogram>, lines: string[]): void {
  const names = [...family.labelNames, "le"];
  for (const { values, instrument } of family.byLabels.values()) {
    let below = 0;
    for (const [place, count] of instrument.counts.entries()) {
      below += count;
      lines.push(
        `${name}_bucket${formatLabels(names, [...values, `${instrument.bounds[place] ?? "+Inf"}`])} ${below}`,
      );
    }
    const labels = formatLabels(family.labelNames, values);
    lines.push(`${name}_sum${labels} ${instrument.sum}`, `${name}_count${labels} ${instrument.count}`);
  }
}

function addRead(name: string, read: ReadValue, lines: string[]): void {
  const found = read();
  if (typeof found === "number") lines.push(`${name} ${found}`);
  else
    for (const [labels, value] of found)
      lines.push(`${name}${formatLabels(Object.keys(labels), Object.values(labels))} ${value}`);
}

function formatLabels(names: readonly string[], values: readonly string[]): string {
  if (names.length === 0) return "";
  return `{${names.map((name, place) => `${name}="${escape(values[place] ?? "")}"`).join(",")}}`;
}

function escape(value: string): string {
  return value.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
}
