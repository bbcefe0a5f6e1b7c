import type { Now } from "../../domain/time.ts";
import { RECORD_PUT } from "../../ports/cut-store.ts";
import { countCallSlot } from "../gauges/call-slots.ts";
import { GUARDS } from "../guards/guard-table.ts";
import type { GuardSession } from "../guards/session/session-table.ts";
import type { ToolAnswer, ToolCallRow } from "../guards/session/tool-call-table.ts";
import { NO_LABELS } from "../policy/label-match.ts";
import { DEADLINE } from "../time/deadlines.ts";
import type { World } from "../world.ts";
import type { CutBuffer } from "./cut-buffer.ts";
import { bigintAsText, deleteRow, tableNumber } from "./generations.ts";
import { RECONNECT_GRACE_MS, reviveAmounts, type Shift } from "./read-image.ts";

// Images of what the guards remember: sessions and calls. Neither holds arguments or outputs.

const SESSIONS = tableNumber("guard_sessions");
const TOOL_CALLS = tableNumber("tool_calls");

export function encodeSession(world: World, row: number, out: CutBuffer): void {
  const session = world.sessions.entries[row];
  if (session === undefined) return deleteRow(out, SESSIONS, row);
  const { row: _row, imageLength: _length, ...image } = session;
  const text = JSON.stringify(image, bigintAsText);
  session.imageLength = text.length;
  out.text(RECORD_PUT, SESSIONS, row, text);
}

export function encodeToolCall(world: World, row: number, out: CutBuffer): void {
  const entry = world.toolCalls.entries[row];
  if (entry === undefined) return deleteRow(out, TOOL_CALLS, row);
  const { row: _row, stamp: _stamp, argumentsText: _arguments, answer, output, ...rest } = entry;
  const image = {
    ...rest,
    answer: withoutRepair(answer),
    output: output === undefined ? undefined : { ...output, answer: withoutRepair(output.answer) },
  };
  out.text(RECORD_PUT, TOOL_CALLS, row, JSON.stringify(image, bigintAsText));
}

/** Repaired arguments and outputs are arguments and outputs: only their digest is kept. */
function withoutRepair<A extends ToolAnswer>(answer: A): A {
  return { ...answer, repaired: undefined };
}

export function restoreSession(
  world: World,
  row: number,
  stored: Omit<GuardSession, "row" | "imageLength">,
  shift: Shift,
): void {
  const session: GuardSession = { ...stored, row, imageLength: 0 };
  for (const [id, guard] of GUARDS) {
    const slice = session.slices[id];
    if (slice !== undefined) guard.shiftClock?.(slice, shift.monoMs);
  }
  world.sessions.insert(session);
}

export function restoreToolCall(world: World, row: number, stored: ToolCallRow, shift: Shift): void {
  const record = world.executions.recordAt(stored.index);
  if (record === undefined) return;
  if (stored.inFlight) countCallSlot(world, record.principal);
  const { output } = stored;
  world.toolCalls.insert({
    ...stored,
    // JSON leaves out what was absent.
    call: { ...NO_NAMES, ...stored.call },
    provider: stored.provider,
    stepSignature: stored.stepSignature,
    route: stored.route,
    // Rows of older releases have none.
    labels: (stored as Partial<ToolCallRow>).labels ?? NO_LABELS,
    reservationId: stored.reservationId,
    row,
    stamp: world.toolCalls.nextStamp(),
    argumentsText: undefined,
    createdMono: stored.createdMono + shift.monoMs,
    expiresMono: stored.expiresMono + shift.monoMs,
    answer: reviveAmounts(stored.answer),
    output: output === undefined ? undefined : reviveAmounts(output),
  });
}

const NO_NAMES = { namespace: undefined, turnId: undefined, planId: undefined, idempotencyKey: undefined };

/** Slots go on with what they had left, at least the reconnect grace: a client that could not send a heartbeat keeps them. */
export function armSlots(world: World, shift: Shift, now: Now): void {
  for (const [row, entry] of world.toolCalls.entries.entries()) {
    if (entry === undefined || !entry.inFlight) continue;
    entry.expiresMono = Math.max(entry.expiresMono + shift.awayMs, now.monoMs + RECONNECT_GRACE_MS);
    world.deadlines.add(entry.expiresMono, DEADLINE.toolCall, row, entry.stamp);
  }
}

/** Instants that were moved must be in the next cut, which names this clock. */
export function touchMovedGuards(world: World): void {
  for (const [row, entry] of world.sessions.entries.entries())
    if (entry !== undefined) world.rows.sessions.touch(row);
  for (const [row, entry] of world.toolCalls.entries.entries())
    if (entry !== undefined) world.rows.toolCalls.touch(row);
}
