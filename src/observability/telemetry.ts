import { performance } from "node:perf_hooks";
import { LineBudget } from "./line-budget.ts";
import type { LogFields } from "./log-fields.ts";
import type { Logger, LogLevel } from "./logger.ts";
import { createMetrics, type Metrics } from "./metrics/create-metrics.ts";

/** Where business events go: counters and log lines. The functions in events/ are the only ones that write here. */
export interface Telemetry {
  readonly metrics: Metrics;
  readonly logger: Logger;
  /** Writes a line that may come in floods: refusals, and what happens to executions. */
  logBounded(level: Exclude<LogLevel, "silent">, fields: LogFields, message: string): void;
}

export function createTelemetry(logger: Logger): Telemetry {
  const metrics = createMetrics();
  const budget = new LineBudget();
  return {
    metrics,
    logger,
    logBounded: (level, fields, message) => {
      const { isAllowed, suppressed } = budget.take(performance.now());
      if (suppressed > 0) {
        metrics.linesSuppressed.add(suppressed);
        logger.log("warn", { event: "log_lines_suppressed", suppressed }, "log lines were left out");
      }
      if (isAllowed) logger.log(level, fields, message);
    },
  };
}
