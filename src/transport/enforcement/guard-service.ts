import type { GuardService } from "../../gen/tollgate/enforcement/v1/guard_service_pb.ts";
import type { Implementation } from "../handler.ts";
import { policyRequired } from "./intent-calls.ts";

/** Guards of tool calls come with policies: until then every question is refused, never waved through. */
export function createGuardService(): Implementation<typeof GuardService> {
  const refuse = (): never => {
    throw policyRequired("GuardService");
  };
  return {
    checkToolCall: refuse,
    checkToolOutput: refuse,
    checkPlan: refuse,
    checkContent: refuse,
    getLineage: refuse,
    getSession: refuse,
  };
}
