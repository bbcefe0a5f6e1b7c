import type { Now } from "../../../domain/time.ts";
import type { ExecutionRecord } from "../../executions/execution-record.ts";
import { policyOfAsk } from "../../intents/judge-intent.ts";
import type { JsonDocument } from "../../json/json-document.ts";
import { isJsonDocument, parseJson } from "../../json/parse-json.ts";
import { addLabels } from "../../policy/label-match.ts";
import { textsOf } from "../../texts/document-texts.ts";
import type { World } from "../../world.ts";
import { resolveGuardSettings } from "../chain/resolve-guard-settings.ts";
import { type ChainResult, runChain } from "../chain/run-chain.ts";
import type { AfterInput, GuardFacts, ToolCall } from "../guard.ts";
import { AFTER_ORDER, CUTTING_ORDER } from "../guard-table.ts";
import { findSession, sliceOf } from "../session/sessions.ts";
import type { ToolCallRow } from "../session/tool-call-table.ts";
import { guardFacts } from "./call-facts.ts";
import { judgeCallText } from "./judge-arguments.ts";
import { withRedaction } from "./redact-obligation.ts";
import { guardPolicyOf } from "./run-before.ts";
import type { ToolOutputRequest } from "./tool-requests.ts";

/** The chain after a call, over its output. Changes nothing. */
export function runAfter(
  world: World,
  record: ExecutionRecord,
  entry: ToolCallRow,
  request: ToolOutputRequest,
  output: JsonDocument | undefined,
  now: Now,
): ChainResult {
  const policy = guardPolicyOf(world, record, entry.labels);
  const call: ToolCall = { ...entry.call, entry: world.policy.tools?.get(entry.call.tool) };
  const session = findSession(world, record);
  const facts = guardFacts(world, record, call, {
    addresses: undefined,
    capability: undefined,
    labels: addLabels(record.labels, entry.labels),
  });
  const guards = withRedaction(
    resolveGuardSettings(policy, call.tool, call.namespace),
    entry.answer.decision.obligations,
  );
  const run = { entry, request, call, facts, now };
  return runChain({
    order: guards.output_size.truncation_mode === "error" ? AFTER_ORDER : CUTTING_ORDER,
    guards,
    evaluate: policy.evaluate,
    acceptsRepair: request.acceptsRepair,
    document: output,
    stateOf: (guard) => sliceOf(session, guard),
    ask: (guard, settings, state, present) => guard.after?.(new OutputInput(run, settings, state, present)),
    checks: {
      content_rules: (present) =>
        present === undefined
          ? []
          : judgeCallText(
              world,
              record,
              policyOfAsk(world, record, entry),
              { tool: call.tool, route: entry.route, labels: entry.labels },
              textsOf(present),
              "output",
              now,
            ),
    },
  });
}

interface AfterRun {
  readonly entry: ToolCallRow;
  readonly request: ToolOutputRequest;
  readonly call: ToolCall;
  readonly facts: GuardFacts;
  readonly now: Now;
}

/** A class, since a getter in a literal makes every one of them slow. */
class OutputInput implements AfterInput<unknown, unknown> {
  readonly call: ToolCall;
  readonly signature: string;
  readonly argumentsHash: string;
  readonly output: JsonDocument | undefined;
  readonly errorClass: string | undefined;
  readonly durationMs: number;
  readonly settings: unknown;
  readonly state: unknown;
  readonly facts: GuardFacts;
  readonly now: Now;
  readonly #entry: ToolCallRow;

  constructor(
    { entry, request, call, facts, now }: AfterRun,
    settings: unknown,
    state: unknown,
    output: JsonDocument | undefined,
  ) {
    this.call = call;
    this.signature = entry.signature;
    this.argumentsHash = entry.argumentsHash;
    this.output = output;
    this.errorClass = request.errorClass;
    this.durationMs = request.durationMs ?? Math.max(0, now.monoMs - entry.createdMono);
    this.settings = settings;
    this.state = state;
    this.facts = facts;
    this.now = now;
    this.#entry = entry;
  }

  /** Read when they are asked for, since only postconditions do. */
  get arguments(): JsonDocument | undefined {
    const { argumentsText } = this.#entry;
    const document = argumentsText === undefined ? undefined : parseJson(argumentsText);
    return document !== undefined && isJsonDocument(document) ? document : undefined;
  }
}
