import { fromBinary } from "@bufbuild/protobuf";
import { status } from "@grpc/grpc-js";
import { describe, expect, test } from "vitest";
import { ERROR_REASONS, type ErrorReason, TollgateError } from "../../../src/domain/errors.ts";
import { StatusSchema } from "../../../src/gen/google/rpc/status_pb.ts";
import { internalStatus, statusOf } from "../../../src/transport/status.ts";

const detailsOf = (error: TollgateError) =>
  fromBinary(StatusSchema, statusOf(error).metadata.get("grpc-status-details-bin")[0] as Buffer);

describe("statusOf", () => {
  test.each(Object.entries(ERROR_REASONS))("gives %s the code %s", (reason, name) => {
    const told = statusOf(new TollgateError(reason as ErrorReason, "text"));
    expect(told.code).toBe(status[name]);
    expect(detailsOf(new TollgateError(reason as ErrorReason, "text")).code).toBe(told.code);
  });

  test("adds field paths and when to retry, where there are such", () => {
    const fields = Array.from({ length: 30 }, (_, at) => ({
      field: `f${at}`,
      description: "x".repeat(2_000),
    }));
    const error = new TollgateError("FIELD_INVALID", "text", { fields, retryAfterMs: 1_500 });
    expect(detailsOf(error).details.map((one) => one.typeUrl.split(".").at(-1))).toEqual([
      "ErrorInfo",
      "BadRequest",
      "RetryInfo",
    ]);
    expect(detailsOf(error).details[1]?.value.length).toBeLessThan(6_000);
    expect(detailsOf(new TollgateError("DRAINING", "text")).details.length).toBe(1);
  });

  test("survives half of a surrogate pair, on which grpc-js would throw", () => {
    const { details } = statusOf(new TollgateError("FIELD_INVALID", `"${"😀".slice(0, 1)}" is wrong`));
    expect(details.isWellFormed()).toBe(true);
    expect(statusOf(new TollgateError("FIELD_INVALID", `x${"😀".repeat(400)}`)).details.isWellFormed()).toBe(
      true,
    );
  });

  test("tells nothing of a mistake of ours", () => {
    expect(internalStatus()).toMatchObject({ code: status.INTERNAL, details: "internal error" });
  });
});
