import { TollgateError } from "../../domain/errors.ts";
import type { CallerId } from "../../domain/ids.ts";
import type { Now } from "../../domain/time.ts";
import type { World } from "../world.ts";
import type { OutcomeSubject, OutcomeValue } from "./outcome-table.ts";

// What came of a decision or an approval, kept beside its policy record, so that later analysis can ask which policies
// worked.

export interface OutcomeRequest {
  readonly kind: "decision" | "approval";
  readonly id: string;
  readonly outcome: { readonly [name: string]: OutcomeValue };
  readonly note: string | undefined;
  /** Wall clock, ms; undefined = now. */
  readonly occurredAtMs: number | undefined;
}

/** A row of the file about a subject: what was decided or answered, and what was recorded of it. */
export interface OutcomeRow {
  readonly kind: string;
  readonly body: unknown;
}

/**
 * Records outcomes; those that are recorded already change nothing. `rows` are those of the file about the subject, where
 * memory does not know it.
 * @returns whether anything changed
 * @throws TollgateError DECISION_NOT_FOUND · APPROVAL_NOT_FOUND · OUTCOME_CONFLICT naming the field
 */
export function recordOutcome(
  world: World,
  caller: CallerId,
  request: OutcomeRequest,
  rows: readonly OutcomeRow[],
  now: Now,
): boolean {
  const subject = findSubject(world, request, rows);
  if (subject === undefined || subject.caller !== caller) throw notFound(request);
  const added: { [name: string]: OutcomeValue } = {};
  for (const [name, value] of Object.entries(request.outcome)) {
    const known = subject.outcome.get(name);
    if (known === undefined) added[name] = value;
    else if (known !== value) throw conflict(name);
  }
  world.outcomes.remember(request.id, subject);
  if (Object.keys(added).length === 0) return false;
  for (const [name, value] of Object.entries(added)) subject.outcome.set(name, value);
  const { tenant, executionId } = subject;
  world.generations.append("outcomes", {
    at_ms: now.wallMs,
    tenant,
    subject: request.id,
    kind: "outcome",
    body: {
      about: request.kind,
      caller,
      execution_id: executionId,
      outcome: added,
      note: request.note,
      occurred_at_ms: request.occurredAtMs ?? now.wallMs,
    },
  });
  return true;
}

function findSubject(
  world: World,
  request: OutcomeRequest,
  rows: readonly OutcomeRow[],
): OutcomeSubject | undefined {
  const known = world.outcomes.find(request.id);
  if (known !== undefined) return known;
  const subject =
    request.kind === "decision" ? subjectOfRow(rows, "decision") : approvalSubject(world, request.id, rows);
  if (subject === undefined) return undefined;
  for (const { kind, body } of rows) {
    if (kind !== "outcome") continue;
    const { outcome } = body as { readonly outcome?: { readonly [name: string]: OutcomeValue } };
    for (const [name, value] of Object.entries(outcome ?? {})) subject.outcome.set(name, value);
  }
  return subject;
}

function subjectOfRow(rows: readonly OutcomeRow[], kind: string): OutcomeSubject | undefined {
  const row = rows.find((one) => one.kind === kind);
  if (row === undefined) return undefined;
  const {
    caller,
    tenant,
    execution_id: executionId,
  } = row.body as {
    readonly caller: CallerId;
    readonly tenant: string;
    readonly execution_id: string;
  };
  return { caller, tenant, executionId, outcome: new Map() };
}

/** An approval in memory, or one whose execution is no longer there: then its answer is in the file. */
function approvalSubject(world: World, id: string, rows: readonly OutcomeRow[]): OutcomeSubject | undefined {
  const entry = world.approvals.find(id);
  if (entry === undefined) return subjectOfRow(rows, "approval");
  const { tenant, executionId, index } = entry;
  const caller = world.executions.recordAt(index)?.caller;
  return caller === undefined ? undefined : { caller, tenant, executionId, outcome: new Map() };
}

function notFound({ kind, id }: OutcomeRequest): TollgateError {
  return kind === "decision"
    ? new TollgateError(
        "DECISION_NOT_FOUND",
        `decision ${id} is not known: decisions that carry an operation are kept for 90 days`,
      )
    : new TollgateError("APPROVAL_NOT_FOUND", `approval ${id} is not known`);
}

function conflict(name: string): TollgateError {
  const field = `outcome[${name}]`;
  return new TollgateError("OUTCOME_CONFLICT", `${field} was recorded with another value`, {
    fields: [{ field, description: "was recorded with another value" }],
  });
}
