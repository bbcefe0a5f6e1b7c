import { fromBinary } from "@bufbuild/protobuf";
import { anyUnpack } from "@bufbuild/protobuf/wkt";
import { type ServiceError, status } from "@grpc/grpc-js";
import { BadRequestSchema, ErrorInfoSchema, RetryInfoSchema } from "../gen/google/rpc/error_details_pb.ts";
import { StatusSchema } from "../gen/google/rpc/status_pb.ts";

/** A field that the daemon found wrong. */
export interface FieldViolation {
  /** Path of the field in the request. */
  readonly field: string;
  readonly description: string;
}

/**
 * A call that failed. A refusal is no failure: it is an answer.
 *
 * `reason` is the daemon's stable code, such as EXECUTION_NOT_FOUND; absent when no daemon answered.
 */
export class CallError extends Error {
  override readonly name = "CallError";
  /** gRPC status code. */
  readonly code: status;
  readonly reason: string | undefined;
  readonly fields: readonly FieldViolation[];
  /** Facts for programs, such as `expected_sequence`. */
  readonly metadata: { readonly [name: string]: string };
  /** Where waiting helps, milliseconds. */
  readonly retryAfterMs: number | undefined;

  constructor(code: status, message: string, details: Partial<Omit<CallError, "code" | "message">> = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.reason = details.reason;
    this.fields = details.fields ?? [];
    this.metadata = details.metadata ?? {};
    this.retryAfterMs = details.retryAfterMs;
  }
}

/** True when no daemon answered: it is not there, is going away, or takes longer than the deadline. */
export function isUnavailable(error: unknown): boolean {
  if (!(error instanceof CallError)) return false;
  if (error.reason !== undefined) return error.reason === "DRAINING";
  return error.code === status.UNAVAILABLE || error.code === status.DEADLINE_EXCEEDED;
}

/** From the error of grpc-js to ours, with the details that the daemon sent. */
export function callErrorFrom(
  error: Partial<Pick<ServiceError, "code" | "details" | "message" | "metadata">>,
): CallError {
  const code = error.code ?? status.UNKNOWN;
  const message =
    error.details !== undefined && error.details !== "" ? error.details : (error.message ?? status[code]);
  const sent = error.metadata?.get("grpc-status-details-bin")[0];
  if (!(sent instanceof Uint8Array)) return new CallError(code, message, { cause: error });
  return new CallError(code, message, { ...readDetails(sent), cause: error });
}

function readDetails(bytes: Uint8Array): Pick<CallError, "reason" | "fields" | "metadata" | "retryAfterMs"> {
  let reason: string | undefined;
  let metadata: { readonly [name: string]: string } = {};
  let fields: readonly FieldViolation[] = [];
  let retryAfterMs: number | undefined;
  for (const detail of fromBinary(StatusSchema, bytes).details) {
    const info = anyUnpack(detail, ErrorInfoSchema);
    if (info !== undefined) ({ reason, metadata } = info);
    const bad = anyUnpack(detail, BadRequestSchema);
    if (bad !== undefined)
      fields = bad.fieldViolations.map(({ field, description }) => ({ field, description }));
    const delay = anyUnpack(detail, RetryInfoSchema)?.retryDelay;
    if (delay !== undefined) retryAfterMs = Number(delay.seconds) * 1_000 + delay.nanos / 1_000_000;
  }
  return { reason, fields, metadata, retryAfterMs };
}
