// Guard 13: conditions of a policy that must be true before a tool runs, and after it ran.

import type { GuardSettings } from "../../../domain/policy/guard-fields.ts";
import { type Expression, isExpressionIssue } from "../../expressions/expression.ts";
import type { ExpressionSizes } from "../../expressions/expression-cost.ts";
import {
  type ConditionTime,
  type ConditionVariables,
  compileCondition,
  evaluateCondition,
  sizesOf,
} from "../../expressions/tool-conditions.ts";
import { compileGlob, type Glob, matchesGlob } from "../../globs/glob.ts";
import { isJsonObject, type JsonDocument } from "../../json/json-document.ts";
import { createMemo } from "../../memos/memo.ts";
import {
  type AfterInput,
  type BeforeInput,
  type Guard,
  type GuardFacts,
  type GuardNote,
  type GuardOutcome,
  PASS,
  type ToolCall,
} from "../guard.ts";

type PreconditionSettings = Omit<GuardSettings<"precondition">, "level" | "mode" | "tools" | "namespaces">;
type ConditionMap = PreconditionSettings["pre"];

interface ToolConditions {
  readonly glob: Glob;
  readonly conditions: readonly Expression[];
}

/** Characters of an expression that a text shows. */
const SHOWN_CHARACTERS = 200;

export const precondition: Guard<PreconditionSettings, undefined> = {
  id: "precondition",
  before: judgeArguments,
  after: judgeOutput,
};

function judgeArguments(input: BeforeInput<PreconditionSettings, undefined>): GuardOutcome<undefined> {
  const { call, settings, facts } = input;
  const conditions = conditionsOf(settings.pre, "pre", call.tool);
  if (conditions.length === 0) return PASS;
  const variables = variablesOf(call, facts, input.arguments);
  return judge(call, conditions, "pre", variables, sizesOf(input.arguments.value));
}

/** A call that gave no output has nothing to pass on. */
function judgeOutput(input: AfterInput<PreconditionSettings, undefined>): GuardOutcome<undefined> {
  const { call, settings, facts, output } = input;
  const conditions = conditionsOf(settings.post, "post", call.tool);
  if (conditions.length === 0 || output === undefined) return PASS;
  // Once: each time they are read anew.
  const { arguments: document } = input;
  const variables = {
    ...variablesOf(call, facts, document),
    output: output.value,
    error_class: input.errorClass ?? "",
    duration_ms: input.durationMs,
  };
  const sizes = sizesOf(document?.value, output.value);
  return judge(call, conditions, "post", variables, sizes, document === undefined);
}

function judge(
  call: ToolCall,
  conditions: readonly Expression[],
  time: ConditionTime,
  variables: ConditionVariables,
  sizes: ExpressionSizes,
  areArgumentsLost = false,
): GuardOutcome<undefined> {
  const notes: GuardNote[] = [];
  const word = time === "pre" ? "Precondition" : "Postcondition";
  // What cannot be evaluated is not known to be true.
  const unknown = areArgumentsLost
    ? "cannot be evaluated, the arguments are no longer known"
    : "cannot be evaluated";
  for (const condition of conditions) {
    const isTrue = evaluateCondition(condition, variables, sizes);
    if (isTrue === true) continue;
    const shown =
      condition.text.length > SHOWN_CHARACTERS
        ? `${condition.text.slice(0, SHOWN_CHARACTERS)}…`
        : condition.text;
    notes.push({
      verdict: "BLOCK",
      reason: time === "pre" ? "PRECONDITION_FAILED" : "POSTCONDITION_FAILED",
      text: `${word} of '${call.tool}' ${isTrue === undefined ? unknown : "failed"}: ${shown}`,
      setting: time,
    });
  }
  return notes.length === 0 ? PASS : { notes };
}

const compiled = {
  pre: createMemo<ConditionMap, readonly ToolConditions[]>(),
  post: createMemo<ConditionMap, readonly ToolConditions[]>(),
};

/** Those of every pattern that matches the tool, in the order of the policy. */
function conditionsOf(map: ConditionMap, time: ConditionTime, tool: string): readonly Expression[] {
  let all = compiled[time].get(map);
  if (all === undefined) {
    all = Object.entries(map).map(([pattern, texts]) => ({
      glob: compileGlob(pattern),
      conditions: texts.map((text) => compile(text, time)),
    }));
    compiled[time].set(map, all);
  }
  return all.flatMap(({ glob, conditions }) => (matchesGlob(glob, tool) ? conditions : []));
}

/** Policies are checked when they are read: what does not compile here fails the guard, which refuses the call. */
function compile(text: string, time: ConditionTime): Expression {
  const condition = compileCondition(text, time);
  if (isExpressionIssue(condition)) throw new Error(`a condition does not compile: ${condition.message}`);
  return condition;
}

function variablesOf(call: ToolCall, facts: GuardFacts, args: JsonDocument | undefined): ConditionVariables {
  const { principal } = facts;
  return {
    ...(isJsonObject(args?.value) ? { args: args.value } : {}),
    tool: call.tool,
    tool_namespace: call.namespace ?? "",
    side_effect: call.sideEffect,
    tenant: facts.tenant,
    principal: {
      team: principal.team ?? "",
      user: principal.user ?? "",
      api_key: principal.apiKeyId ?? "",
      agent: principal.agent ?? "",
    },
    execution: facts.executionId,
    session: facts.session,
    turn: call.turnId ?? "",
    plan: call.planId ?? "",
    labels: facts.labels,
  };
}
