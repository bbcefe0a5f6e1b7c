import type { GuardSettings } from "../../../domain/policy/guard-fields.ts";
import { isJsonObject, type JsonDocument } from "../../json/json-document.ts";
import { IDEMPOTENCY_ARGUMENT } from "../carried-arguments.ts";
import type { BeforeInput, Guard, GuardNote, ToolCall } from "../guard.ts";

// How often the same call may be tried while it does not succeed, how soon, and after which errors not at all. A call is
// the same when tool and arguments are, volatile fields and the idempotency key left out: a fresh key buys no attempts.

type RetrySafetySettings = GuardSettings<"retry_safety">;

/** Attempts since the last success. */
export interface Attempts {
  readonly signature: string;
  readonly tool: string;
  count: number;
  /** When the last one was allowed, or ended if it has. */
  lastMono: number;
  error: string | undefined;
}

export interface RetrySafetyState {
  /** The one tried last stands last. */
  attempts: Attempts[];
}

/** Signatures remembered of a session; the one tried least is forgotten first. */
export const MAX_SIGNATURES = 200;

/** Longest class of an error that is kept, characters. */
const MAX_CLASS_LENGTH = 64;

export const retrySafety: Guard<RetrySafetySettings, RetrySafetyState> = {
  id: "retry_safety",
  createState: () => ({ attempts: [] }),
  before: (input) => {
    const { call, signature, state, now } = input;
    const known = findAttempts(state, signature);
    const notes = judge(input, known);
    return {
      notes,
      advice: notes.length === 0 || known === undefined ? undefined : ["disable_retries"],
      commit: (slice) => {
        const attempts = takeAttempts(slice, signature, call.tool);
        attempts.count++;
        attempts.lastMono = now.monoMs;
      },
    };
  },
  after: ({ call, signature, errorClass, now }) => ({
    notes: [],
    commit: (slice) => {
      if (errorClass === undefined) {
        slice.attempts = slice.attempts.filter((one) => one.signature !== signature);
        return;
      }
      const attempts = takeAttempts(slice, signature, call.tool);
      attempts.count = Math.max(1, attempts.count);
      attempts.error = errorClass.slice(0, MAX_CLASS_LENGTH);
      attempts.lastMono = now.monoMs;
    },
  }),
  shiftClock: (state, byMs) => {
    for (const attempts of state.attempts) attempts.lastMono += byMs;
  },
  trim: (state) => {
    const most = Math.floor(state.attempts.length / 2);
    while (state.attempts.length > most) state.attempts.splice(leastTried(state.attempts), 1);
  },
};

export function findAttempts(state: RetrySafetyState, signature: string): Attempts | undefined {
  return state.attempts.findLast((one) => one.signature === signature);
}

function takeAttempts(state: RetrySafetyState, signature: string, tool: string): Attempts {
  const at = state.attempts.findLastIndex((one) => one.signature === signature);
  const [known] = at >= 0 ? state.attempts.splice(at, 1) : [];
  const attempts = known ?? { signature, tool, count: 0, lastMono: 0, error: undefined };
  state.attempts.push(attempts);
  if (state.attempts.length > MAX_SIGNATURES) state.attempts.splice(leastTried(state.attempts), 1);
  return attempts;
}

/** The one that was tried least, of several the oldest: many other calls do not clear one that was tried too often. */
function leastTried(attempts: readonly Attempts[]): number {
  let least = 0;
  for (let at = 1; at < attempts.length - 1; at++)
    if ((attempts[at]?.count ?? 0) < (attempts[least]?.count ?? 0)) least = at;
  return least;
}

/** Time until the next attempt is due, ms; 0 = now. It doubles (or grows by another factor) with every attempt. */
export function backoffLeftMs(settings: RetrySafetySettings, attempts: Attempts, monoMs: number): number {
  const { enforce_backoff, min_backoff_ms, max_backoff_ms, backoff_factor } = settings;
  if (!enforce_backoff || attempts.count === 0) return 0;
  const wait = Math.min(max_backoff_ms, min_backoff_ms * backoff_factor ** (attempts.count - 1));
  return Math.max(0, Math.ceil(attempts.lastMono + wait - monoMs));
}

function judge(
  input: BeforeInput<RetrySafetySettings, RetrySafetyState>,
  known: Attempts | undefined,
): GuardNote[] {
  const { call, settings, now } = input;
  const notes: GuardNote[] = [];
  if (settings.require_idempotency_key && !isIdempotent(call) && !hasKey(call, input.arguments)) {
    notes.push({
      verdict: "BLOCK",
      reason: "IDEMPOTENCY_KEY_REQUIRED",
      text: `Tool '${call.tool}' is not idempotent and requires an idempotency key`,
      setting: "require_idempotency_key",
    });
  }
  if (known === undefined) return notes;
  if (known.error !== undefined && settings.non_retryable_errors.includes(known.error)) {
    notes.push({
      verdict: "BLOCK",
      reason: "ERROR_NOT_RETRYABLE",
      text: `Error class '${known.error}' is non-retryable`,
      setting: "non_retryable_errors",
    });
  }
  const most = settings.max_same_signature_retries;
  if (known.count >= most) {
    notes.push({
      verdict: "BLOCK",
      reason: "RETRIES_EXCEEDED",
      text: `attempts of the same call exceeded: ${known.count + 1} > ${most}`,
      setting: "max_same_signature_retries",
      current: { kind: "count", value: BigInt(known.count + 1) },
      limit: { kind: "count", value: BigInt(most) },
    });
    return notes;
  }
  const left = backoffLeftMs(settings, known, now.monoMs);
  if (left > 0) {
    notes.push({
      verdict: settings.backoff === "block" ? "THROTTLE" : "WARN",
      reason: "BACKOFF_REQUIRED",
      text: `attempt ${known.count + 1} of the same call is due in ${left} ms`,
      setting: "min_backoff_ms",
      retryAfterMs: left,
    });
  }
  return notes;
}

/** What only reads can run twice; of everything else the catalogue must say so. */
function isIdempotent({ entry, sideEffect }: ToolCall): boolean {
  return entry?.idempotent ?? sideEffect === "read_only";
}

function hasKey(call: ToolCall, document: JsonDocument): boolean {
  if (call.idempotencyKey !== undefined) return true;
  const key = isJsonObject(document.value) ? document.value[IDEMPOTENCY_ARGUMENT] : undefined;
  return typeof key === "string" && key.trim() !== "";
}
