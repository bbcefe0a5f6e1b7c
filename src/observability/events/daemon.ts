import type { Telemetry } from "../telemetry.ts";

// The life of the daemon.

export interface DaemonStart {
  readonly version: string;
  readonly storeId: string;
  readonly durability: "power" | "process";
  readonly onStoreFailure: "continue" | "block";
  readonly identity: "pinned" | "trusting";
  readonly fileOutlives: string;
  readonly policyEtag: string;
  readonly maxLiveExecutions: number;
  readonly addresses: readonly string[];
  /** Settings that are not at their default, as `name (source)`. */
  readonly settings: readonly string[];
  readonly elapsedMs: number;
}

/** The daemon serves. */
export function daemonStarted(telemetry: Telemetry, start: DaemonStart): void {
  telemetry.logger.log(
    "info",
    {
      event: "daemon_started",
      version: start.version,
      pid: process.pid,
      store_id: start.storeId,
      durability: start.durability,
      on_store_failure: start.onStoreFailure,
      identity: start.identity,
      file_outlives: start.fileOutlives,
      policy_etag: start.policyEtag,
      max_live_executions: start.maxLiveExecutions,
      addresses: start.addresses,
      settings: start.settings,
      elapsed_ms: start.elapsedMs,
    },
    start.identity === "trusting"
      ? "serving; trusting: callers are believed when they name their tenant"
      : "serving",
  );
}

/** The daemon began to stop. */
export function daemonStopping(telemetry: Telemetry, streams: number): void {
  telemetry.logger.log(
    "info",
    { event: "daemon_stopping", streams },
    "stopping: no new registrations, streams may end",
  );
}

/** The daemon has stopped and the file is closed. What was acknowledged as durable is in it; other changes may not be. */
export function daemonStopped(
  telemetry: Telemetry,
  stop: { readonly lastCut: number; readonly hasUnsaved: boolean; readonly elapsedMs: number },
): void {
  const { lastCut, hasUnsaved, elapsedMs } = stop;
  const fields = { event: "daemon_stopped", last_cut: lastCut, unsaved: hasUnsaved, elapsed_ms: elapsedMs };
  if (hasUnsaved)
    telemetry.logger.log(
      "error",
      fields,
      "stopped; the file could not take the last changes, none of them acknowledged",
    );
  else telemetry.logger.log("info", fields, "stopped");
}

/** The wall clock jumped ahead, and a second reading agreed. */
export function clockStepped(telemetry: Telemetry, byMs: number): void {
  telemetry.metrics.clockSteps.add();
  telemetry.logger.log(
    "warn",
    { event: "clock_stepped", by_ms: byMs, reason: "CLOCK_STEP" },
    "the wall clock jumped ahead",
  );
}

/** A quota followed its load (`auto_adjust`), or would have. */
export function quotaAdjusted(
  telemetry: Telemetry,
  change: {
    readonly tenant: string;
    readonly target: string;
    readonly before: bigint;
    readonly after: bigint;
    readonly applied: boolean;
  },
): void {
  const { tenant, target, before, after, applied } = change;
  telemetry.logBounded(
    "info",
    {
      event: applied ? "quota_adjusted" : "quota_suggested",
      tenant,
      source_id: target,
      current: String(before),
      limit: String(after),
    },
    applied ? "a quota follows its load" : "a quota would follow its load",
  );
}

/** A connection was closed by the server: it sent nothing, or too many are open. */
export function connectionRefused(telemetry: Telemetry, listener: string, why: string): void {
  telemetry.logBounded("info", { event: "connection_refused", listener, cause: why }, "connection refused");
}

/** The file could not be asked for a completed execution: it was treated as unknown. */
export function lookupFailed(telemetry: Telemetry, thrown: unknown): void {
  telemetry.logBounded(
    "warn",
    { event: "lookup_failed", ...errorFields(thrown) },
    "the file could not be asked for history",
  );
}

/** The file with the keys of capability tokens cannot be read as keys; those that were read before stay in force. */
export function capabilityKeysRefused(telemetry: Telemetry, thrown: unknown): void {
  telemetry.logBounded(
    "error",
    { event: "capability_keys_refused", ...errorFields(thrown) },
    "the capability keys cannot be read; what was read before stays in force",
  );
}

/** A mistake of ours ended a call; the caller got a generic text. */
export function internalErrorThrown(telemetry: Telemetry, method: string, thrown: unknown): void {
  telemetry.logBounded(
    "error",
    { event: "internal_error", method, ...errorFields(thrown) },
    "internal error",
  );
}

/** Errors of domain/errors.ts; Node's own AssertionError quotes values, and has a code. */
const OWN_ERRORS: ReadonlySet<string> = new Set(["AssertionError", "TollgateError"]);

/** The name and place of an error. Its text only where it is our own: others quote what they choked on. */
export function errorFields(thrown: unknown): {
  readonly error_name: string;
  readonly error_text?: string;
  readonly error_stack?: string;
} {
  if (!(thrown instanceof Error)) return { error_name: typeof thrown };
  const isOurs = OWN_ERRORS.has(thrown.name) && !("code" in thrown);
  const frames = (thrown.stack ?? "").split("\n").filter((line) => /^\s+at /.test(line));
  return {
    error_name: thrown.name,
    ...(isOurs ? { error_text: thrown.message } : {}),
    error_stack: frames.join("\n"),
  };
}
