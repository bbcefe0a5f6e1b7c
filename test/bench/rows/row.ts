import type { Budget } from "../measure/budget.ts";

/** How much is measured. */
export interface Effort {
  readonly pairs: number;
  /** Length of one run, ms. */
  readonly runMs: number;
  /** Live executions of the fixture. */
  readonly executions: number;
}

/** One subject: the budgets it measures, by id, and how. */
export interface Row {
  readonly ids: readonly string[];
  measure(effort: Effort): Promise<readonly Budget[]>;
}
