import type { Finding, Severity } from "./decision.ts";

/** A finding that is kept: it blocked, paused, throttled, or would have. */
export interface Violation {
  /** Grows by 1 for the life of the file. */
  readonly sequence: number;
  readonly atMs: number;
  readonly tenant: string;
  readonly executionId: string;
  readonly agent: string | undefined;
  readonly user: string | undefined;
  readonly severity: Severity;
  readonly finding: Finding;
}
