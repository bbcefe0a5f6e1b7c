import type { GuardService } from "../../gen/tollgate/enforcement/v1/guard_service_pb.ts";
import type { Implementation } from "../handler.ts";
import type { ServiceContext } from "../service-context.ts";
import { callCheckContent } from "./content-calls.ts";
import { callGetLineage, callGetSession } from "./session-calls.ts";
import { callCheckPlan, callCheckToolCall, callCheckToolOutput } from "./tool-calls.ts";

/** The guards of tool calls and texts, at the door of agents. */
export function createGuardService(context: ServiceContext): Implementation<typeof GuardService> {
  return {
    checkToolCall: (request) => callCheckToolCall(context, request),
    checkToolOutput: (request) => callCheckToolOutput(context, request),
    checkPlan: (request) => callCheckPlan(context, request),
    checkContent: (request) => callCheckContent(context, request),
    getLineage: (request) => callGetLineage(context, request),
    getSession: (request) => callGetSession(context, request),
  };
}
