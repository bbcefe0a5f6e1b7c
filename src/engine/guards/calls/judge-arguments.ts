import { type Finding, NO_FINDINGS, type Obligation } from "../../../domain/decision.ts";
import type { Circumstances, Content, Intent } from "../../../domain/intent.ts";
import type { Now } from "../../../domain/time.ts";
import type { ExecutionRecord } from "../../executions/execution-record.ts";
import { concernsRequest } from "../../intents/concerns.ts";
import { judgePolicy, textQuestion } from "../../intents/judge-policy.ts";
import type { EffectivePolicy } from "../../policy/effective-policy.ts";
import { addLabels, type Labels } from "../../policy/label-match.ts";
import { judgeTexts } from "../../rules/judge-rules.ts";
import type { DocumentTexts } from "../../texts/document-texts.ts";
import type { World } from "../../world.ts";

/** What the access rules say of a call of which nothing but its tool is known, and what those that allow it ask for. */
export function judgeCallAccess(
  world: World,
  record: ExecutionRecord,
  policy: EffectivePolicy,
  call: Circumstances & { readonly tool: string },
  now: Now,
): CallAccess {
  const intent = { ...NO_INTENT, toolCalls: 1n, tool: call.tool };
  const ask = { ...call, kind: "tool_call", detail: "MINIMAL", intent } as const;
  if (!concernsRequest(policy, ask, 0n)) return NO_ACCESS;
  const { principal, session } = record;
  const subject = { policy, principal, session, labels: addLabels(record.labels, call.labels) };
  const { first, obligations } = judgePolicy(world, subject, ask, 0n, now);
  return { findings: first.filter(({ kind }) => kind === "ACCESS"), obligations };
}

export interface CallAccess {
  readonly findings: readonly Finding[];
  readonly obligations: readonly Obligation[];
}

const NO_ACCESS: CallAccess = Object.freeze({ findings: NO_FINDINGS, obligations: Object.freeze([]) });

const NO_INTENT: Intent = Object.freeze({
  entersDepth: false,
  custom: {},
  weight: 0n,
  toolCalls: 0n,
  modifications: 0n,
});

/** What the rules on texts say of arguments (into the tool) or an output (out of it), as the guards before them left it. */
export function judgeCallText(
  world: World,
  record: ExecutionRecord,
  policy: EffectivePolicy,
  about: {
    readonly tool: string;
    readonly route?: string | undefined;
    readonly labels: Labels;
  },
  { text, hints }: DocumentTexts,
  direction: Content["direction"],
  now: Now,
): readonly Finding[] {
  const { principal, session } = record;
  const subject = { policy, principal, session, labels: addLabels(record.labels, about.labels) };
  const ask = {
    kind: "tool_call",
    intent: {
      entersDepth: false,
      custom: {},
      weight: 0n,
      toolCalls: 1n,
      modifications: 0n,
      tool: about.tool,
      route: about.route,
    },
    allowChanges: false,
    scopes: [],
    sourceIp: undefined,
    detail: "MINIMAL",
  } as const;
  return judgeTexts(textQuestion(world, subject, ask, { text, direction }, now), hints);
}
