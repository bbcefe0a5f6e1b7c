import type { ApprovalKind, ApprovalState } from "../../domain/approval.ts";
import type { World } from "../world.ts";
import type { ApprovalRow } from "./approval-table.ts";

/** Which approvals a list wants; an absent field wants any. */
export interface ApprovalFilter {
  readonly tenant?: string | undefined;
  readonly executionId?: string | undefined;
  readonly states?: ReadonlySet<ApprovalState> | undefined;
  readonly kind?: ApprovalKind | undefined;
}

/** Approvals of executions in memory, newest first. `after` is the last one told before. */
export function listApprovals(
  world: World,
  filter: ApprovalFilter,
  after: { readonly openedAtMs: number; readonly approvalId: string } | undefined,
  most: number,
): readonly ApprovalRow[] {
  const found: ApprovalRow[] = [];
  for (const entry of world.approvals.entries) {
    if (entry === undefined) continue;
    if (filter.tenant !== undefined && entry.tenant !== filter.tenant) continue;
    if (filter.executionId !== undefined && entry.executionId !== filter.executionId) continue;
    if (filter.kind !== undefined && entry.kind !== filter.kind) continue;
    if (filter.states !== undefined && !filter.states.has(entry.state)) continue;
    if (after !== undefined && compare(entry, after) <= 0) continue;
    found.push(entry);
  }
  return found.sort(compare).slice(0, most);
}

type Place = Pick<ApprovalRow, "openedAtMs" | "approvalId">;

function compare(one: Place, other: Place): number {
  if (one.openedAtMs !== other.openedAtMs) return other.openedAtMs - one.openedAtMs;
  return one.approvalId < other.approvalId ? -1 : one.approvalId > other.approvalId ? 1 : 0;
}
