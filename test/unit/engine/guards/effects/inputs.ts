import { createNow } from "../../../../../src/domain/time.ts";
import type {
  AfterInput,
  BeforeInput,
  GuardFacts,
  GuardNote,
  ToolCall,
} from "../../../../../src/engine/guards/guard.ts";
import type { JsonDocument } from "../../../../../src/engine/json/json-document.ts";
import { callOf, documentOf, FACTS } from "../guard-fixture.ts";

const now = createNow(1_000, 1_700_000_000_000);

export function factsOf(changes: Partial<GuardFacts> = {}): GuardFacts {
  return { ...FACTS, ...changes };
}

export function beforeOf<Settings, State>(
  settings: Settings,
  state: State,
  call: Partial<ToolCall>,
  value: unknown,
  facts: GuardFacts = FACTS,
): BeforeInput<Settings, State> {
  return { call: callOf(call), arguments: documentOf(value), signature: "00", settings, state, facts, now };
}

export function afterOf<Settings, State>(
  settings: Settings,
  state: State,
  call: Partial<ToolCall>,
  output: JsonDocument | undefined,
  changes: Partial<AfterInput<Settings, State>> = {},
): AfterInput<Settings, State> {
  return {
    call: callOf(call),
    arguments: documentOf({}),
    signature: "00",
    argumentsHash: "00",
    output,
    errorClass: undefined,
    durationMs: 10,
    settings,
    state,
    facts: FACTS,
    now,
    ...changes,
  };
}

/** `REASON: text`, one line per note. */
export function notesOf(outcome: { readonly notes: readonly GuardNote[] } | undefined): string[] {
  return (outcome?.notes ?? []).map(({ reason, text }) => `${reason}: ${text}`);
}
