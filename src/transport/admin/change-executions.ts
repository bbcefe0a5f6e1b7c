import { create, type DescMessage, type MessageInitShape, type MessageShape } from "@bufbuild/protobuf";
import type { Finding } from "../../domain/decision.ts";
import { invalidField, TollgateError } from "../../domain/errors.ts";
import { EXECUTION_STATES } from "../../domain/execution.ts";
import type { Now } from "../../domain/time.ts";
import { canonicalText } from "../../engine/executions/register.ts";
import type { World } from "../../engine/world.ts";
import type {
  ExecutionAdminServiceHaltRequest,
  ExecutionChange,
  ExecutionTarget,
} from "../../gen/tollgate/admin/v1/execution_admin_service_pb.ts";
import { WaitMode } from "../../gen/tollgate/enforcement/v1/request_pb.ts";
import { STATE_TO_PROTO } from "../convert/executions.ts";
import { findingToProto } from "../convert/findings.ts";
import { assertValid } from "../validate/rules.ts";
import type { AdminContext } from "./admin-context.ts";
import { WRITE_RULE } from "./admin-rules.ts";
import { assertEtag, executionEtag, resolveTarget } from "./execution-targets.ts";

/** Executions changed in one turn: well under a millisecond. */
const SLICE = 100;
/** Changes that one answer lists; all that match are changed. */
const MAX_LISTED = 2_000;

/** Changes one execution; a finding says why nothing changed. @throws TollgateError where the state does not allow it */
export type ChangeVerb = (world: World, index: number, now: Now) => Finding | undefined;

type ChangeRequest = Omit<ExecutionAdminServiceHaltRequest, "$typeName"> & { readonly $typeName: string };

/**
 * Pauses, resumes or halts one execution, or all live ones that match, in slices.
 * @throws TollgateError as the verb does, for a single one; several are told in their changes
 */
export function changeExecutions<D extends DescMessage>(
  context: AdminContext,
  schema: D,
  request: ChangeRequest,
  verb: ChangeVerb,
): Promise<MessageShape<D>> {
  assertValid(request as ExecutionAdminServiceHaltRequest, WRITE_RULE);
  const { note, etag, target, requestId, wait } = request;
  const content = canonicalText({ verb: schema.typeName, note, etag, target });
  return context.requests.once(schema, { requestId, wait, content }, (keep) =>
    runChange(context, request, verb, (changes, isChanged) => {
      const answer = create(schema, {
        changes,
        reached: isChanged ? WaitMode.ACCEPTED : undefined,
      } as object as MessageInitShape<D>);
      keep(answer);
      return answer;
    }),
  );
}

/** `end` makes the answer, in the turn of the last change. */
async function runChange<A>(
  context: AdminContext,
  request: ChangeRequest,
  verb: ChangeVerb,
  end: (changes: ExecutionChange[], isChanged: boolean) => A,
): Promise<A> {
  const { host } = context;
  const { indexes, single } = resolveTarget(host.world, request.target as ExecutionTarget);
  if (!single && request.etag !== undefined) throw invalidField("etag", "only with a single execution");
  const targets = indexes.map((index) => ({ index, record: host.world.executions.record(index) }));
  const changes: ExecutionChange[] = [];
  let isChanged = false;
  for (let from = 0; ; from += SLICE) {
    if (from > 0) await new Promise(setImmediate);
    const answer = host.turn((world, now) => {
      for (const { index, record } of targets.slice(from, from + SLICE)) {
        // Forgotten between two slices: its index may be another's by now.
        if (world.executions.recordAt(index) !== record) continue;
        if (single) assertEtag(executionEtag(world, index), request.etag);
        const change = changeOne(world, index, verb, single, now);
        isChanged ||= change.state !== change.previousState;
        if (changes.length < MAX_LISTED) changes.push(change);
      }
      return from + SLICE < targets.length ? undefined : end(changes, isChanged);
    });
    if (answer !== undefined) return answer;
  }
}

function changeOne(
  world: World,
  index: number,
  verb: ChangeVerb,
  single: boolean,
  now: Now,
): ExecutionChange {
  const { id, caller } = world.executions.record(index);
  const stateNow = () => STATE_TO_PROTO[EXECUTION_STATES[world.executions.state.get(index)] ?? "RUNNING"];
  const previousState = stateNow();
  let finding: Finding | undefined;
  try {
    finding = verb(world, index, now);
  } catch (error) {
    // One of many that is in another state is told by its state; everything else is an error of the call.
    if (single || !(error instanceof TollgateError)) throw error;
  }
  return {
    $typeName: "tollgate.admin.v1.ExecutionChange",
    executionId: id,
    caller,
    previousState,
    state: stateNow(),
    finding: finding === undefined ? undefined : findingToProto(finding, id),
    etag: executionEtag(world, index),
  };
}
