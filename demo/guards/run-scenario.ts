import type { connectService, TollgateClient } from "../../src/client/connect-client.ts";
import type { Decision } from "../../src/gen/tollgate/enforcement/v1/decision_pb.ts";
import { Verdict } from "../../src/gen/tollgate/enforcement/v1/finding_pb.ts";
import type { GuardService } from "../../src/gen/tollgate/enforcement/v1/guard_service_pb.ts";
import type { Scenario, Shown, Step } from "./scenarios.ts";

type Guards = ReturnType<typeof connectService<typeof GuardService>>;

export interface ScenarioResult {
  readonly shown: Shown;
  /** The guard's words; what was repaired, on a repair. */
  readonly text: string;
}

interface Answer {
  readonly decision?: Decision | undefined;
  readonly reason?: string | undefined;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Plays one scenario in an execution of its own. @throws CallError */
export async function runScenario(
  client: TollgateClient,
  guards: Guards,
  scenario: Scenario,
  executionId: string,
): Promise<ScenarioResult> {
  const { tenant = "plain", before = [], step, looksAt } = scenario;
  await client.calls.registerExecution({ executionId, principal: { tenant } });
  let reference = "";
  let answer: Answer = {};
  for (const [at, one] of [...before, step].entries()) {
    const callId = `call-${at}`;
    answer = await guards.checkToolCall(callOf(executionId, callId, one, reference));
    if (answer.decision?.allowed !== true || one.output === undefined) continue;
    const told = await guards.checkToolOutput({
      executionId,
      callId,
      outputJson: encoder.encode(JSON.stringify(one.output)),
      acceptsRepair: true,
      ...(one.errorClass === undefined ? {} : { errorClass: one.errorClass }),
    });
    reference = told.referenceId ?? reference;
    if (looksAt === "output") answer = told;
  }
  return resultOf(answer);
}

function callOf(executionId: string, callId: string, step: Step, reference: string) {
  const text = JSON.stringify(step.args ?? {}).replaceAll("{{ref}}", reference);
  return {
    executionId,
    callId,
    tool: step.tool,
    argumentsJson: encoder.encode(text),
    acceptsRepair: true,
    // Repeated steps are a limit's matter: here every step is its own.
    step: {},
    ...(step.namespace === undefined ? {} : { namespace: step.namespace }),
    ...(step.turn === undefined ? {} : { turnId: step.turn }),
    ...(step.plan === undefined ? {} : { planId: step.plan }),
  };
}

const SHOWN: ReadonlyMap<Verdict | undefined, Shown> = new Map([
  [Verdict.ALLOW, "ALLOWED"],
  [Verdict.WARN, "WARNING"],
  [Verdict.REPAIR, "REPAIRED"],
]);

function resultOf({ decision, reason }: Answer): ScenarioResult {
  const repaired = decision?.repairedArgsJson ?? decision?.repairedOutputJson;
  const words = reason ?? decision?.findings[0]?.message ?? "";
  const text = repaired === undefined ? words : `${words} -> ${decoder.decode(repaired)}`;
  // What is not known is no permission.
  return { shown: SHOWN.get(decision?.verdict) ?? "BLOCKED", text };
}
