import type { GuardName, GuardSettings } from "../../../../../src/domain/policy/guard-fields.ts";
import type { ToolEntry } from "../../../../../src/domain/policy/tool-entry.ts";
import type { RegistrationAnswer } from "../../../../../src/engine/executions/register.ts";
import {
  checkPlan,
  type PlanAnswer,
  type PlanRequest,
} from "../../../../../src/engine/guards/calls/check-plan.ts";
import {
  checkToolCall,
  type ToolCallAnswer,
} from "../../../../../src/engine/guards/calls/check-tool-call.ts";
import { checkToolOutput } from "../../../../../src/engine/guards/calls/check-tool-output.ts";
import type {
  ToolCallRequest,
  ToolOutputRequest,
} from "../../../../../src/engine/guards/calls/tool-requests.ts";
import type { GuardPolicy } from "../../../../../src/engine/guards/chain/resolve-guard-settings.ts";
import type { ToolOutputAnswer } from "../../../../../src/engine/guards/session/tool-call-table.ts";
import { createPolicySet, NO_DOCUMENTS } from "../../../../../src/engine/policy/resolve-policy.ts";
import {
  CALLER,
  Engine,
  type EngineOptions,
  NO_CIRCUMSTANCES,
  policyOf,
  type RegisterFields,
  textOf,
} from "../../engine-fixture.ts";

const BUILT_IN = createPolicySet(NO_DOCUMENTS).base.settings.guards;

/** Changes to guards, and `evaluate`. */
export type GuardChanges = {
  readonly [G in GuardName]?: Partial<GuardSettings<G>>;
} & { readonly evaluate?: "first" | "all" };

export function guardsOf(changes: GuardChanges = {}): GuardPolicy {
  const { evaluate, ...guards } = changes;
  const merged: Record<string, unknown> = { ...BUILT_IN, evaluate: evaluate ?? "first" };
  for (const [name, values] of Object.entries(guards))
    merged[name] = { ...(merged[name] as object), ...values };
  return merged as unknown as GuardPolicy;
}

/** Every guard off but those that are named. */
export function onlyGuards(changes: GuardChanges): GuardPolicy {
  const { evaluate, ...named } = changes;
  const off = Object.fromEntries(Object.keys(BUILT_IN).map((name) => [name, { level: "off" }]));
  delete off["evaluate"];
  for (const [name, values] of Object.entries(named)) off[name] = { level: "block", ...values };
  return guardsOf({ ...off, evaluate } as GuardChanges);
}

export type CallFields = Partial<Omit<ToolCallRequest, "argumentsJson" | "fingerprint">>;
export type OutputFields = Partial<Omit<ToolOutputRequest, "outputJson" | "fingerprint">>;

const encoder = new TextEncoder();

/** An engine that is asked about tool calls; without limits unless some are given. */
export class ToolEngine extends Engine {
  readonly guards: GuardPolicy;
  #calls = 0;

  constructor(
    options: EngineOptions & {
      readonly guards?: GuardPolicy;
      readonly tools?: readonly ToolEntry[];
    } = {},
  ) {
    super({ limits: policyOf(), ...options });
    const tools = new Map((options.tools ?? []).map((tool) => [tool.name, tool]));
    this.world.policy = { ...this.world.policy, tools };
    this.guards = options.guards ?? guardsOf();
    for (const index of this.world.executions.indexes()) this.#guard(index);
  }

  override register(id: string, fields: RegisterFields = {}): RegistrationAnswer {
    const answer = super.register(id, fields);
    this.#guard(answer.index);
    return answer;
  }

  /** Puts the guards of the test in the place of those of the documents. */
  #guard(index: number): void {
    const record = this.world.executions.record(index);
    const { policy } = record;
    record.policy = { ...policy, settings: { ...policy.settings, guards: this.guards } };
  }

  call(tool: string, value: unknown = {}, fields: CallFields = {}): ToolCallAnswer {
    const request = {
      executionId: "run",
      callId: `call-${++this.#calls}`,
      tool,
      namespace: undefined,
      turnId: undefined,
      planId: undefined,
      idempotencyKey: undefined,
      capability: undefined,
      parents: [],
      reserve: undefined,
      operation: undefined,
      step: undefined,
      route: undefined,
      provider: undefined,
      weight: 1n,
      detail: "MINIMAL" as const,
      approvalId: undefined,
      addresses: undefined,
      ...NO_CIRCUMSTANCES,
      ...fields,
    };
    const text = typeof value === "string" ? value : JSON.stringify(value);
    return checkToolCall(
      this.world,
      CALLER,
      { ...request, argumentsJson: encoder.encode(text), fingerprint: () => textOf({ ...request, text }) },
      this.now,
    );
  }

  plan(
    calls: readonly {
      readonly callId: string;
      readonly tool: string;
      readonly value?: unknown;
      readonly dependsOn?: readonly string[];
    }[],
    fields: Partial<Omit<PlanRequest, "calls">> = {},
  ): PlanAnswer {
    const planned = calls.map(({ callId, tool, value, dependsOn = [] }) => ({
      callId,
      tool,
      dependsOn,
      argumentsJson: value === undefined ? undefined : encoder.encode(JSON.stringify(value)),
    }));
    const request: PlanRequest = {
      executionId: "run",
      planId: undefined,
      turnId: undefined,
      detail: "MINIMAL",
      ...NO_CIRCUMSTANCES,
      ...fields,
      calls: planned,
    };
    return checkPlan(this.world, CALLER, request, this.now);
  }

  /** Dies and starts again from what was saved, on this boot or another. */
  again(awayMs: number, options: EngineOptions & { readonly guards?: GuardPolicy } = {}): ToolEngine {
    this.volume.isOpen = false;
    const { guards } = this;
    const { set } = this.world.policy;
    const clock = { monoMs: this.monoMs + awayMs, wallMs: this.wallMs + awayMs, bootId: this.bootId };
    return new ToolEngine({ ...clock, set, guards, ...options, volume: this.volume });
  }

  output(callId: string, value?: unknown, fields: OutputFields = {}): ToolOutputAnswer {
    const request = {
      executionId: "run",
      callId,
      durationMs: undefined,
      errorClass: undefined,
      usage: undefined,
      provider: undefined,
      model: undefined,
      detail: "MINIMAL" as const,
      acceptsRepair: false,
      ...fields,
    };
    const text = JSON.stringify(value);
    return checkToolOutput(
      this.world,
      CALLER,
      {
        ...request,
        outputJson: text === undefined ? undefined : encoder.encode(text),
        fingerprint: () => textOf({ ...request, text }),
      },
      this.now,
    );
  }
}
