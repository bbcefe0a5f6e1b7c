import { findingsOfStore } from "../../engine/limits/standing.ts";
import { type OutcomeRequest, type OutcomeRow, recordOutcome } from "../../engine/outcomes/record-outcome.ts";
import type {
  RecordOutcomeRequest,
  RecordOutcomeResponse,
} from "../../gen/tollgate/enforcement/v1/outcome_pb.ts";
import { reachedToProto, waitFromProto } from "../convert/decisions.ts";
import { findingToProto } from "../convert/findings.ts";
import { timestampFromProto } from "../convert/times.ts";
import type { ServiceContext } from "../service-context.ts";
import { RECORD_OUTCOME_RULE } from "../validate/outcome-rules.ts";
import { assertValid } from "../validate/rules.ts";

/** What the file holds about a decision or an approval: its record or answer, and outcomes of it. */
export type FindOutcomes = (subject: Pick<OutcomeRequest, "kind" | "id">) => Promise<readonly OutcomeRow[]>;

/** Records what came of a decision or an approval; what memory does not know is looked up in the file before the turn. */
export async function callRecordOutcome(
  context: ServiceContext,
  request: RecordOutcomeRequest,
): Promise<RecordOutcomeResponse> {
  assertValid(request, RECORD_OUTCOME_RULE);
  const { host, caller } = context;
  const wanted = outcomeFromProto(request);
  const known = host.world.outcomes.find(wanted.id) !== undefined;
  const rows = known ? [] : await context.findOutcomes(wanted);
  const { changed, findings } = host.turn((world, now) => ({
    changed: recordOutcome(world, caller, wanted, rows, now),
    findings: findingsOfStore(world).map((one) => findingToProto(one, "")),
  }));
  const answer: RecordOutcomeResponse = {
    $typeName: "tollgate.enforcement.v1.RecordOutcomeResponse",
    findings,
  };
  if (changed) answer.reached = reachedToProto(await host.settled(waitFromProto(request.wait)));
  return answer;
}

/** The subject and the values must be there: the table of request checks has seen to it. */
function outcomeFromProto({ subject, outcome, note, occurredAt }: RecordOutcomeRequest): OutcomeRequest {
  return {
    kind: subject.case === "approvalId" ? "approval" : "decision",
    id: subject.value ?? "",
    outcome: Object.fromEntries(
      Object.entries(outcome).map(([name, { value }]) => [name, value.value ?? ""]),
    ),
    note,
    occurredAtMs: occurredAt === undefined ? undefined : timestampFromProto(occurredAt),
  };
}
