import { type Finding, NO_FINDINGS } from "../../../domain/decision.ts";
import type { Circumstances, Content, Intent } from "../../../domain/intent.ts";
import type { Now } from "../../../domain/time.ts";
import type { ExecutionRecord } from "../../executions/execution-record.ts";
import { concernsRequest, judgePolicy, textQuestion } from "../../intents/judge-policy.ts";
import type { EffectivePolicy } from "../../policy/effective-policy.ts";
import { judgeTexts } from "../../rules/judge-rules.ts";
import type { DocumentTexts } from "../../texts/document-texts.ts";
import type { World } from "../../world.ts";

/** What the access rules say of a call. */
export function judgeCallAccess(
  world: World,
  record: ExecutionRecord,
  policy: EffectivePolicy,
  call: Circumstances & { readonly tool: string },
  now: Now,
): readonly Finding[] {
  const intent = { ...NO_INTENT, toolCalls: 1n, tool: call.tool };
  const ask = { ...call, kind: "tool_call", detail: "MINIMAL", intent } as const;
  if (!concernsRequest(policy, ask, 0n)) return NO_FINDINGS;
  const { principal, session } = record;
  const subject = { policy, principal, session, labels: { ...call.labels, ...record.labels } };
  return judgePolicy(world, subject, ask, 0n, now).first.filter(({ kind }) => kind === "ACCESS");
}

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
    readonly labels: { readonly [name: string]: string };
  },
  { text, hints }: DocumentTexts,
  direction: Content["direction"],
  now: Now,
): readonly Finding[] {
  const { principal, session } = record;
  const subject = { policy, principal, session, labels: { ...record.labels, ...about.labels } };
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
