import type { Now } from "../../../domain/time.ts";
import type { World } from "../../world.ts";
import { type GroundingState, grounding, hashesOf, rememberUser } from "../input/grounding.ts";
import { commitToSession, hasSessionRoom } from "./sessions.ts";

/**
 * Tells the guard of grounding what numbers the user gave, for the session of an execution that was just registered. Where no
 * session has room nothing is remembered: then such numbers are refused, not waved through.
 */
export function keepUserValues(world: World, index: number, texts: readonly string[], now: Now): void {
  if (texts.length === 0) return;
  const record = world.executions.record(index);
  const hashes = hashesOf(texts, record.policy.settings.guards.grounding, world.keyedHash);
  if (hashes.length === 0 || !hasSessionRoom(world, record, now)) return;
  const commit = (state: unknown): void => rememberUser(state as GroundingState, hashes);
  commitToSession(world, record, [{ guard: grounding, outcome: { notes: [], commit } }], now);
}
