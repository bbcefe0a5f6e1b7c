// The one error type that crosses rooms. A refusal is an answer, not an error: these are mistakes of a caller and faults
// of the world. Transport maps `status` to gRPC; the text is safe to send.

export type ErrorStatus =
  | "INVALID_ARGUMENT"
  | "NOT_FOUND"
  | "ALREADY_EXISTS"
  | "PERMISSION_DENIED"
  | "FAILED_PRECONDITION"
  | "ABORTED"
  | "RESOURCE_EXHAUSTED"
  | "UNIMPLEMENTED"
  | "UNAVAILABLE"
  | "UNAUTHENTICATED"
  | "DEADLINE_EXCEEDED"
  | "DATA_LOSS";

/** Every reason an RPC error can carry, with its status. Stable for ever; listed in docs/errors.md. */
export const ERROR_REASONS = {
  FIELD_INVALID: "INVALID_ARGUMENT",
  FIELD_REQUIRED: "INVALID_ARGUMENT",
  MESSAGE_TOO_LARGE: "RESOURCE_EXHAUSTED",
  MESSAGE_UNDECODABLE: "INVALID_ARGUMENT",
  COMPRESSION_REFUSED: "UNIMPLEMENTED",
  EXECUTION_NOT_FOUND: "NOT_FOUND",
  EXECUTION_CONFLICT: "ALREADY_EXISTS",
  EXECUTION_COMPLETED: "FAILED_PRECONDITION",
  EXECUTION_AMBIGUOUS: "FAILED_PRECONDITION",
  EXECUTION_NOT_RUNNING: "FAILED_PRECONDITION",
  EXECUTIONS_FULL: "RESOURCE_EXHAUSTED",
  GRANT_NOT_SUPPORTED: "UNIMPLEMENTED",
  PARENT_UNKNOWN: "FAILED_PRECONDITION",
  PARENT_NOT_RUNNING: "FAILED_PRECONDITION",
  PARENT_TOO_DEEP: "FAILED_PRECONDITION",
  REQUEST_CONFLICT: "ALREADY_EXISTS",
  REQUESTS_FULL: "RESOURCE_EXHAUSTED",
  RESERVATION_CONFLICT: "ALREADY_EXISTS",
  RESERVATION_NOT_FOUND: "NOT_FOUND",
  RESERVATION_RESOLVED: "FAILED_PRECONDITION",
  RESERVATION_FORGOTTEN: "FAILED_PRECONDITION",
  RESERVATION_TIMED_OUT: "FAILED_PRECONDITION",
  RESERVATIONS_FULL: "RESOURCE_EXHAUSTED",
  CALL_NOT_FOUND: "NOT_FOUND",
  CALL_CONFLICT: "ALREADY_EXISTS",
  CALL_ENDED: "FAILED_PRECONDITION",
  CALL_FORGOTTEN: "FAILED_PRECONDITION",
  CALLS_FULL: "RESOURCE_EXHAUSTED",
  CONTENT_UNKNOWN: "FAILED_PRECONDITION",
  CONTENT_OUT_OF_ORDER: "FAILED_PRECONDITION",
  CONTENT_CONFLICT: "ALREADY_EXISTS",
  CONTENTS_FULL: "RESOURCE_EXHAUSTED",
  SESSION_AMBIGUOUS: "FAILED_PRECONDITION",
  SESSIONS_FULL: "RESOURCE_EXHAUSTED",
  REFERENCE_NOT_FOUND: "NOT_FOUND",
  DECISION_NOT_FOUND: "NOT_FOUND",
  OUTCOME_CONFLICT: "ALREADY_EXISTS",
  APPROVAL_NOT_FOUND: "NOT_FOUND",
  APPROVAL_ANSWERED: "FAILED_PRECONDITION",
  ABOVE_CEILING: "INVALID_ARGUMENT",
  OVERRIDES_FULL: "RESOURCE_EXHAUSTED",
  OVERRIDE_NOT_FOUND: "NOT_FOUND",
  REPORTER_UNKNOWN: "FAILED_PRECONDITION",
  REPORTER_EXISTS: "ALREADY_EXISTS",
  REPORTER_SUPERSEDED: "ABORTED",
  REPORTERS_FULL: "RESOURCE_EXHAUSTED",
  SEQUENCE_AHEAD: "RESOURCE_EXHAUSTED",
  SEQUENCE_CONTENT_CHANGED: "INVALID_ARGUMENT",
  WINDOW_EXCEEDED: "RESOURCE_EXHAUSTED",
  STREAMS_FULL: "RESOURCE_EXHAUSTED",
  WATCHERS_FULL: "RESOURCE_EXHAUSTED",
  SLOW_READER: "RESOURCE_EXHAUSTED",
  HELLO_REQUIRED: "INVALID_ARGUMENT",
  STREAM_IDLE: "DEADLINE_EXCEEDED",
  ETAG_MISMATCH: "ABORTED",
  SERVICE_UNKNOWN: "NOT_FOUND",
  PRINCIPAL_PINNED: "PERMISSION_DENIED",
  POLICY_NOT_FOUND: "NOT_FOUND",
  POLICIES_FULL: "RESOURCE_EXHAUSTED",
  STORE_UNAVAILABLE: "UNAVAILABLE",
  DRAINING: "UNAVAILABLE",
  ROW_DAMAGED: "DATA_LOSS",
} as const satisfies Record<string, ErrorStatus>;

export type ErrorReason = keyof typeof ERROR_REASONS;

export interface FieldProblem {
  /** Path of the field in the request, e.g. `batch.groups[2].usage[0].tokens.input`. */
  readonly field: string;
  /** What is wrong and what is allowed. */
  readonly description: string;
}

export class TollgateError extends Error {
  readonly reason: ErrorReason;
  readonly status: ErrorStatus;
  readonly fields: readonly FieldProblem[];
  /** Facts for programs, e.g. `expected_sequence`. */
  readonly metadata: { readonly [name: string]: string };
  /** Where waiting helps. */
  readonly retryAfterMs: number | undefined;

  constructor(
    reason: ErrorReason,
    message: string,
    details: {
      readonly fields?: readonly FieldProblem[];
      readonly metadata?: { readonly [name: string]: string };
      readonly retryAfterMs?: number;
    } = {},
  ) {
    super(message);
    this.name = "TollgateError";
    this.reason = reason;
    this.status = ERROR_REASONS[reason];
    this.fields = details.fields ?? [];
    this.metadata = details.metadata ?? {};
    this.retryAfterMs = details.retryAfterMs;
  }
}

/** A field that is wrong: INVALID_ARGUMENT with its path. */
export function invalidField(field: string, description: string): TollgateError {
  return new TollgateError("FIELD_INVALID", `${field}: ${description}`, { fields: [{ field, description }] });
}

/** A mistake of ours: INTERNAL on the wire, with a generic text. */
export class AssertionError extends Error {
  override readonly name = "AssertionError";
}

export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new AssertionError(message);
}
