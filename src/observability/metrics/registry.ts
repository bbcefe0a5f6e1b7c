import { Counter, Family, Histogram } from "./instruments.ts";

// Every metric with its name and its help. Nothing registers itself: create-metrics.ts lists them all.

/** Values that one label takes at most, where no other bound is named; further ones are counted as `other`. */
const LABEL_VALUES_MAX = 100;

/** A value that is read when somebody asks: one number, or one for each set of labels. */
export type ReadValue = () =>
  | Iterable<readonly [labels: { readonly [name: string]: string }, value: number]>
  | number;

export type Metric =
  | {
      readonly kind: "counter";
      readonly name: string;
      readonly help: string;
      readonly family: Family<Counter>;
    }
  | {
      readonly kind: "histogram";
      readonly name: string;
      readonly help: string;
      readonly family: Family<Histogram>;
    }
  /** `total` grows only and is counted elsewhere. */
  | {
      readonly kind: "gauge" | "total";
      readonly name: string;
      readonly help: string;
      readonly read: ReadValue;
    };

export class Registry {
  readonly metrics: Metric[] = [];

  counter(name: string, help: string): Counter {
    return this.counters(name, help, []).with();
  }

  counters(
    name: string,
    help: string,
    labelNames: readonly string[],
    maxValues = LABEL_VALUES_MAX,
  ): Family<Counter> {
    const family = new Family(labelNames, maxValues, () => new Counter());
    this.metrics.push({ kind: "counter", name, help, family });
    return family;
  }

  histogram(name: string, help: string, bounds: readonly number[]): Histogram {
    return this.histograms(name, help, bounds, []).with();
  }

  histograms(
    name: string,
    help: string,
    bounds: readonly number[],
    labelNames: readonly string[],
  ): Family<Histogram> {
    const family = new Family(labelNames, LABEL_VALUES_MAX, () => new Histogram(bounds));
    this.metrics.push({ kind: "histogram", name, help, family });
    return family;
  }

  /** Histograms that somebody else keeps. */
  readHistograms(name: string, help: string, family: Family<Histogram>): void {
    this.metrics.push({ kind: "histogram", name, help, family });
  }

  gauge(name: string, help: string, read: ReadValue): void {
    this.metrics.push({ kind: "gauge", name, help, read });
  }

  /** A counter that somebody else counts. */
  readCounter(name: string, help: string, read: ReadValue): void {
    this.metrics.push({ kind: "total", name, help, read });
  }
}
