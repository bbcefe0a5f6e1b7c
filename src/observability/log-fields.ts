// The only fields that a log line may carry. What is not listed is dropped: prompts, arguments, labels and what a guard
// found cannot reach a log by accident.

export const LOG_FIELDS = [
  "event",
  "addresses",
  "approval_id",
  "by_ms",
  "cause",
  "current",
  "damaged_rows",
  "decision_id",
  "directory",
  "durability",
  "elapsed_ms",
  "error_name",
  "error_stack",
  "error_text",
  "execution_id",
  "executions",
  "file_outlives",
  "fresh",
  "hole",
  "identity",
  "last_cut",
  "limit",
  "listener",
  "max_live_executions",
  "method",
  "on_store_failure",
  "percent",
  "pid",
  "policy_etag",
  "policy_generation",
  "problems",
  "keys",
  "count",
  "reason",
  "reporter",
  "sequence",
  "set_aside",
  "settings",
  "severity",
  "shadow",
  "source_id",
  "store_id",
  "streams",
  "suppressed",
  "tenant",
  "tenants",
  "unproved",
  "unsaved",
  "verdict",
  "version",
] as const;

export type LogField = (typeof LOG_FIELDS)[number];
export type LogFields = {
  readonly [F in LogField]?: string | number | boolean | readonly string[] | undefined;
};

const ALLOWED: ReadonlySet<string> = new Set(LOG_FIELDS);
/** Characters of one field at most: a line must stay a line. */
const FIELD_MAX_LENGTH = 2_048;

/** The fields that may be written, cut to their length. */
export function keepAllowed(fields: { readonly [name: string]: unknown }): { [name: string]: unknown } {
  const kept: { [name: string]: unknown } = {};
  for (const [name, value] of Object.entries(fields)) {
    if (!ALLOWED.has(name) || value === undefined) continue;
    kept[name] =
      typeof value === "string" && value.length > FIELD_MAX_LENGTH
        ? `${value.slice(0, FIELD_MAX_LENGTH)}…`
        : value;
  }
  return kept;
}
