import { create, type DescService, fromBinary, fromJson, type JsonObject, toJson } from "@bufbuild/protobuf";
import { TollgateError } from "../../src/domain/errors.ts";
import { ApprovalService } from "../../src/gen/tollgate/admin/v1/approval_service_pb.ts";
import { ExecutionAdminService } from "../../src/gen/tollgate/admin/v1/execution_admin_service_pb.ts";
import { EnforcementService } from "../../src/gen/tollgate/enforcement/v1/enforcement_service_pb.ts";
import { GuardService } from "../../src/gen/tollgate/enforcement/v1/guard_service_pb.ts";
import { CallFailure } from "../integration/transport/wire-client.ts";
import type { Json } from "./case-file.ts";
import type { Outcome } from "./driver.ts";
import type { Request } from "./requests.ts";

export const SERVICES = {
  enforcement: EnforcementService,
  guards: GuardService,
  approvals: ApprovalService,
  executions: ExecutionAdminService,
} as const;

/** From the JSON of a request to a message, through `call`, and back to JSON. A refused call is an outcome too. */
export async function sendTo(
  { service, method, request }: Request,
  call: (method: string, message: object) => Promise<unknown>,
): Promise<Outcome> {
  const description: DescService = SERVICES[service as keyof typeof SERVICES];
  const found = description.methods.find((one) => one.localName === method);
  if (found === undefined) throw new Error(`no method ${method} of ${description.typeName}`);
  const message = fromJson(found.input, request as JsonObject);
  try {
    const given = await call(method, message);
    // Handlers may answer with bytes.
    const answer =
      given instanceof Uint8Array
        ? fromBinary(found.output, given)
        : create(found.output, given as { [field: string]: unknown });
    return { answer: toJson(found.output, answer, JSON_OPTIONS) as Json };
  } catch (error) {
    if (error instanceof CallFailure) return { error: error.reason, fields: error.fields };
    if (error instanceof TollgateError)
      return { error: error.reason, fields: error.fields.map(({ field }) => field) };
    throw error;
  }
}

const JSON_OPTIONS = { useProtoFieldName: true, alwaysEmitImplicit: true } as const;
