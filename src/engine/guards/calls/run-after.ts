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
import type { AfterInput, ToolCall } from "../guard.ts";
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
  const document = entry.argumentsText === undefined ? undefined : parseJson(entry.argumentsText);
  const args = document !== undefined && isJsonDocument(document) ? document : undefined;
  const guards = withRedaction(
    resolveGuardSettings(policy, call.tool, call.namespace),
    entry.answer.decision.obligations,
  );
  return runChain({
    order: guards.output_size.truncation_mode === "error" ? AFTER_ORDER : CUTTING_ORDER,
    guards,
    evaluate: policy.evaluate,
    acceptsRepair: request.acceptsRepair,
    document: output,
    stateOf: (guard) => sliceOf(session, guard),
    ask: (guard, settings, state, present) => {
      const input: AfterInput<unknown, unknown> = {
        call,
        arguments: args,
        signature: entry.signature,
        argumentsHash: entry.argumentsHash,
        output: present,
        errorClass: request.errorClass,
        durationMs: request.durationMs ?? Math.max(0, now.monoMs - entry.createdMono),
        settings,
        state,
        facts,
        now,
      };
      return guard.after?.(input);
    },
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
