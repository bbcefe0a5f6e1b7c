import { toBinary } from "@bufbuild/protobuf";
import { Metadata, type StatusObject, status } from "@grpc/grpc-js";
import type { ErrorStatus, TollgateError } from "../domain/errors.ts";
import { BadRequestSchema, ErrorInfoSchema, RetryInfoSchema } from "../gen/google/rpc/error_details_pb.ts";
import { type Status, StatusSchema } from "../gen/google/rpc/status_pb.ts";
import { durationToProto } from "./convert/times.ts";
import { MAX_FIELD_PROBLEMS, MAX_PROBLEM_LENGTH } from "./transport-limits.ts";

// Errors on the wire: a code, a text, and google.rpc.Status with ErrorInfo, BadRequest and RetryInfo.

/** The domain of every ErrorInfo. */
export const ERROR_DOMAIN = "tollgate.dev";

const CODES: { readonly [S in ErrorStatus]: status } = {
  INVALID_ARGUMENT: status.INVALID_ARGUMENT,
  NOT_FOUND: status.NOT_FOUND,
  ALREADY_EXISTS: status.ALREADY_EXISTS,
  PERMISSION_DENIED: status.PERMISSION_DENIED,
  FAILED_PRECONDITION: status.FAILED_PRECONDITION,
  ABORTED: status.ABORTED,
  RESOURCE_EXHAUSTED: status.RESOURCE_EXHAUSTED,
  UNIMPLEMENTED: status.UNIMPLEMENTED,
  UNAVAILABLE: status.UNAVAILABLE,
  UNAUTHENTICATED: status.UNAUTHENTICATED,
  DEADLINE_EXCEEDED: status.DEADLINE_EXCEEDED,
  DATA_LOSS: status.DATA_LOSS,
};

type Any = Status["details"][number];

/** What a caller is told of an error of the catalogue. */
export function statusOf(error: TollgateError): StatusObject {
  const code = CODES[error.status];
  const details = clip(error.message);
  const metadata = new Metadata();
  const message: Status = {
    $typeName: "google.rpc.Status",
    code,
    message: details,
    details: detailsOf(error),
  };
  metadata.set("grpc-status-details-bin", Buffer.from(toBinary(StatusSchema, message)));
  return { code, details, metadata };
}

/** What a caller is told of a mistake of ours: nothing of it. */
export function internalStatus(): StatusObject {
  return { code: status.INTERNAL, details: "internal error", metadata: new Metadata() };
}

function detailsOf(error: TollgateError): Any[] {
  const { reason, metadata } = error;
  const info = {
    $typeName: "google.rpc.ErrorInfo",
    reason,
    domain: ERROR_DOMAIN,
    metadata: { ...metadata },
  } as const;
  const details = [pack("google.rpc.ErrorInfo", toBinary(ErrorInfoSchema, info))];
  if (error.fields.length > 0) {
    const fieldViolations = error.fields.slice(0, MAX_FIELD_PROBLEMS).map(({ field, description }) => ({
      $typeName: "google.rpc.BadRequest.FieldViolation" as const,
      field: clip(field),
      description: clip(description),
      reason: "",
    }));
    details.push(
      pack(
        "google.rpc.BadRequest",
        toBinary(BadRequestSchema, { $typeName: "google.rpc.BadRequest", fieldViolations }),
      ),
    );
  }
  if (error.retryAfterMs !== undefined) {
    const retry = {
      $typeName: "google.rpc.RetryInfo",
      retryDelay: durationToProto(error.retryAfterMs),
    } as const;
    details.push(pack("google.rpc.RetryInfo", toBinary(RetryInfoSchema, retry)));
  }
  return details;
}

function pack(typeName: string, value: Uint8Array): Any {
  return { $typeName: "google.protobuf.Any", typeUrl: `type.googleapis.com/${typeName}`, value };
}

/** Short and well-formed: grpc-js throws on half a surrogate pair, and trailers have a size limit. */
function clip(text: string): string {
  return (text.length > MAX_PROBLEM_LENGTH ? `${text.slice(0, MAX_PROBLEM_LENGTH)}…` : text).toWellFormed();
}
