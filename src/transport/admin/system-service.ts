import { canonicalText } from "../../engine/executions/register.ts";
import { clearLosses } from "../../engine/losses/clear-losses.ts";
import {
  type SystemService,
  type SystemServiceClearUncertainRequest,
  type SystemServiceClearUncertainResponse,
  SystemServiceClearUncertainResponseSchema,
} from "../../gen/tollgate/admin/v1/system_service_pb.ts";
import { WaitMode } from "../../gen/tollgate/enforcement/v1/request_pb.ts";
import type { Implementation } from "../handler.ts";
import { assertValid } from "../validate/rules.ts";
import { ADMIN_ACTOR, type AdminContext } from "./admin-context.ts";
import { CLEAR_UNCERTAIN_RULE } from "./admin-rules.ts";
import { getTarget } from "./execution-targets.ts";

/** The daemon itself, at the door of operators. */
export function createSystemService(context: AdminContext): Implementation<typeof SystemService> {
  return { clearUncertain: (request) => clearUncertain(context, request) };
}

function clearUncertain(
  { host, requests }: AdminContext,
  request: SystemServiceClearUncertainRequest,
): Promise<SystemServiceClearUncertainResponse> {
  assertValid(request, CLEAR_UNCERTAIN_RULE);
  const { requestId, wait, ...asked } = request;
  const { tenant, executionId, caller, note } = asked;
  const write = { requestId, wait, content: canonicalText({ verb: "clear_uncertain", ...asked }) };
  return requests.once(SystemServiceClearUncertainResponseSchema, write, (keep) =>
    host.turn((world, now): SystemServiceClearUncertainResponse => {
      const index = executionId === undefined ? undefined : getTarget(world, executionId, caller);
      const cleared = clearLosses(world, { tenant, index, by: ADMIN_ACTOR, note }, now);
      const answer: SystemServiceClearUncertainResponse = {
        $typeName: "tollgate.admin.v1.SystemServiceClearUncertainResponse",
        executions: BigInt(cleared.executions),
        windows: BigInt(cleared.windows),
        reached: WaitMode.ACCEPTED,
      };
      keep(answer);
      return answer;
    }),
  );
}
