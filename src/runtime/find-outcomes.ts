import type { OutcomeRequest, OutcomeRow } from "../engine/outcomes/record-outcome.ts";
import type { CutStore } from "../ports/cut-store.ts";

/** Rows read of one subject: its record or answer, and one for each time that outcomes were recorded. */
const MAX_ROWS = 1_000;

/** What the file holds about a decision or an approval. @throws QueryFailed */
export async function findOutcomes(
  store: Pick<CutStore, "query">,
  { kind, id }: Pick<OutcomeRequest, "kind" | "id">,
): Promise<readonly OutcomeRow[]> {
  const outcomes = await store.query({ table: "outcomes", subject: id, limit: MAX_ROWS });
  const rows = outcomes.map((row): OutcomeRow => ({ kind: row.kind, body: JSON.parse(row.body) }));
  if (kind === "decision") return rows;
  const [answer] = await store.query({ table: "resolved_approvals", subject: id, limit: 1 });
  if (answer === undefined) return rows;
  const { caller, tenant, executionId } = JSON.parse(answer.body) as { readonly [name: string]: unknown };
  return [...rows, { kind: "approval", body: { caller, tenant, execution_id: executionId } }];
}
