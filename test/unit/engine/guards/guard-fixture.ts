import {
  GUARD_FIELDS,
  type GuardName,
  type GuardSettings,
} from "../../../../src/domain/policy/guard-fields.ts";
import { createNow, type Now } from "../../../../src/domain/time.ts";
import type {
  AfterInput,
  BeforeInput,
  Guard,
  GuardFacts,
  GuardNote,
  GuardOutcome,
  ToolCall,
} from "../../../../src/engine/guards/guard.ts";
import type { JsonDocument } from "../../../../src/engine/json/json-document.ts";
import { isJsonDocument, parseJson } from "../../../../src/engine/json/parse-json.ts";

/** The built-in values of a guard with changes. */
export function settingsOf<G extends GuardName>(
  guard: G,
  changes: Partial<GuardSettings<G>> = {},
): GuardSettings<G> {
  const defaults: Record<string, unknown> = {};
  for (const [key, node] of Object.entries(GUARD_FIELDS[guard].fields)) {
    if (node.node === "leaf") defaults[key] = node.default;
    if (node.node === "map") defaults[key] = {};
  }
  return { ...defaults, ...changes } as GuardSettings<G>;
}

export function documentOf(value: unknown): JsonDocument {
  const document = parseJson(JSON.stringify(value));
  if (!isJsonDocument(document)) throw new Error(document.issue.message);
  return document;
}

export const FACTS: GuardFacts = {
  executionId: "run-1",
  tenant: "default",
  session: "run-1",
  principal: { tenant: "default" },
  labels: {},
  addresses: undefined,
  capability: undefined,
  slots: { global: 0, tool: 0, namespace: 0, session: 0 },
  keyedHash: (text) => text.length.toString(16).padStart(32, "0"),
};

export function callOf(changes: Partial<ToolCall> = {}): ToolCall {
  const callId = changes.callId ?? "call-1";
  return {
    callId,
    key: callId,
    tool: "fetch",
    namespace: undefined,
    turnId: undefined,
    planId: undefined,
    parentKeys: [],
    idempotencyKey: undefined,
    entry: undefined,
    sideEffect: "read_only",
    ...changes,
  };
}

/** One session of one guard: what is allowed is remembered, as the chain does it. */
export class GuardSession<Settings, State> {
  readonly guard: Guard<Settings, State>;
  settings: Settings;
  state: State;
  facts: GuardFacts = FACTS;
  now: Now = createNow(1_000_000, 1_703_001_234_567);

  constructor(guard: Guard<Settings, State>, settings: Settings) {
    this.guard = guard;
    this.settings = settings;
    this.state = guard.createState?.() as State;
  }

  wait(ms: number): void {
    this.now = createNow(this.now.monoMs + ms, this.now.wallMs + ms);
  }

  /** Asks before a call and carries the change out when nothing refuses. */
  before(changes: Partial<ToolCall> = {}, value: unknown = {}): GuardOutcome<State> {
    const call = callOf(changes);
    const input: BeforeInput<Settings, State> = {
      call,
      arguments: documentOf(value),
      signature: signatureOf(call, value),
      settings: this.settings,
      state: this.state,
      facts: this.facts,
      now: this.now,
    };
    const outcome = this.guard.before?.(input) as GuardOutcome<State>;
    if (outcome.notes.every(({ verdict }) => verdict !== "BLOCK" && verdict !== "THROTTLE"))
      outcome.commit?.(this.state);
    return outcome;
  }

  after(
    changes: Partial<ToolCall> = {},
    value: unknown = {},
    about: { readonly output?: unknown; readonly errorClass?: string; readonly durationMs?: number } = {},
  ): GuardOutcome<State> {
    const call = callOf(changes);
    const input: AfterInput<Settings, State> = {
      call,
      arguments: documentOf(value),
      signature: signatureOf(call, value),
      argumentsHash: FACTS.keyedHash(JSON.stringify(value)),
      output: about.output === undefined ? undefined : documentOf(about.output),
      errorClass: about.errorClass,
      durationMs: about.durationMs ?? 0,
      settings: this.settings,
      state: this.state,
      facts: this.facts,
      now: this.now,
    };
    const outcome = this.guard.after?.(input) as GuardOutcome<State>;
    outcome.commit?.(this.state);
    return outcome;
  }
}

function signatureOf(call: ToolCall, value: unknown): string {
  return `${call.tool} ${JSON.stringify(value)}`;
}

/** `BLOCK RETRIES_EXCEEDED text`, one line per note. */
export function told(outcome: { readonly notes: readonly GuardNote[] }): string[] {
  return outcome.notes.map(({ verdict, reason, text }) => `${verdict} ${reason} ${text}`);
}
