import type { EnforcementService } from "../../gen/tollgate/enforcement/v1/enforcement_service_pb.ts";
import { failStream, type Implementation } from "../handler.ts";
import type { ServiceContext } from "../service-context.ts";
import { UsageStream } from "../stream/usage-stream.ts";
import { WatchStream } from "../stream/watch-stream.ts";
import { MAX_BATCH_BYTES, REPORT_ENVELOPE_BYTES, STREAM_ENVELOPE_BYTES } from "../transport-limits.ts";
import { WATCH_RULE } from "../validate/execution-rules.ts";
import { assertValid } from "../validate/rules.ts";
import { callGetApproval } from "./approval-calls.ts";
import { callGetExecution, callListExecutions } from "./execution-calls.ts";
import { callGetInfo } from "./info-calls.ts";
import { callCharge, callCheck } from "./intent-calls.ts";
import { callRecordOutcome } from "./outcome-calls.ts";
import { callGetEffectivePolicy } from "./policy-calls.ts";
import { callComplete, callRegister } from "./registration-calls.ts";
import { callReportUsage } from "./report-calls.ts";
import { callExtend, callRelease, callReserve, callSettle } from "./reservation-calls.ts";

/** Most bytes of the requests whose bound is another than the general one. */
export const ENFORCEMENT_MAX_BYTES = {
  streamUsage: MAX_BATCH_BYTES + STREAM_ENVELOPE_BYTES,
  reportUsage: MAX_BATCH_BYTES + REPORT_ENVELOPE_BYTES,
};

/** What agents ask, at one door. */
export function createEnforcementService(context: ServiceContext): Implementation<typeof EnforcementService> {
  return {
    registerExecution: (request) => callRegister(context, request),
    completeExecution: (request) => callComplete(context, request),
    check: (request) => callCheck(context, request),
    charge: (request) => callCharge(context, request),
    reserve: (request) => callReserve(context, request),
    settle: (request) => callSettle(context, request),
    release: (request) => callRelease(context, request),
    extend: (request) => callExtend(context, request),
    reportUsage: (request) => callReportUsage(context, request),
    streamUsage: (call) => {
      UsageStream.open(context, call);
    },
    watchExecution: (request, call) => {
      assertValid(request, WATCH_RULE);
      const start = (): void => {
        WatchStream.open(context, request, call);
      };
      if (!context.completed.isMissing(context.caller, request.executionId)) return start();
      const path = "/tollgate.enforcement.v1.EnforcementService/WatchExecution";
      context.completed
        .restore(context.caller, request.executionId)
        .then(start)
        .catch((error: unknown) => failStream(call, error, path, context));
    },
    getExecution: (request) => callGetExecution(context, request),
    listExecutions: (request) => callListExecutions(context, request),
    getApproval: (request, call) => callGetApproval(context, request, call),
    recordOutcome: (request) => callRecordOutcome(context, request),
    getEffectivePolicy: (request) => callGetEffectivePolicy(context, request),
    getInfo: () => callGetInfo(context),
  };
}
