import { type Answer, answerFrom } from "../../src/client/answer.ts";
import { CallError } from "../../src/client/call-error.ts";
import { createReporter, type Reporter } from "../../src/client/reports/reporter.ts";
import { ExecutionState } from "../../src/gen/tollgate/enforcement/v1/execution_pb.ts";
import { Verdict } from "../../src/gen/tollgate/enforcement/v1/finding_pb.ts";
import { answerPause } from "../operator.ts";
import { tell, tellWayOut } from "../screen.ts";
import { insist, type Session } from "../session.ts";
import { type Fleet, findExecution, giveTime, PRINCIPAL } from "./fleet.ts";
import type { PlannedStep } from "./trajectory.ts";

// One recorded run as an agent: it asks before every step, holds what it is about to use, and settles it with its report.
// Step k has sequence k, also where it was refused, so that after any kill the daemon's floor is the last step taken.

/** The same after a restart: the same reports can be made again. */
const EPOCH = 1n;
/** What an agent that estimates expects of an answer. */
const EXPECTED_OUTPUT_TOKENS = 80n;

/** What a run may use. */
const RUN_LIMITS = {
  maxTokens: 60_000n,
  maxSteps: 22n,
  maxToolCalls: 12n,
  costAlertThresholdNanoUsd: 100_000_000n,
  maxSameStepRepetitions: 2n,
};
/** Tokens of every fifth run. */
const SMALL_BUDGET_TOKENS = 30_000n;
const SMALL_BUDGET_EVERY = 5;
export const RUN_LIMITS_TEXT =
  "60,000 tokens (every fifth 30,000), 22 steps, 12 tool calls, 2 repetitions; a person is asked at 0.10 USD";

function limitsOf({ index }: AgentRun): typeof RUN_LIMITS {
  return index % SMALL_BUDGET_EVERY === 1 ? { ...RUN_LIMITS, maxTokens: SMALL_BUDGET_TOKENS } : RUN_LIMITS;
}

export interface AgentRun {
  readonly executionId: string;
  readonly name: string;
  /** Number of the run: decides how careful its agent is and what the operator answers. */
  readonly index: number;
  readonly steps: readonly PlannedStep[];
}

interface Standing {
  readonly session: Session;
  readonly run: AgentRun;
  readonly reporter: Reporter;
  readonly warned: Set<string>;
}

export async function replayRun(session: Session, fleet: Fleet, run: AgentRun): Promise<void> {
  if (!(await join(session, fleet, run))) return;
  const { executionId } = run;
  await using reporter = createReporter(session.client, {
    reporterId: executionId,
    epoch: EPOCH,
    principal: PRINCIPAL,
  });
  const standing: Standing = { session, run, reporter, warned: new Set() };
  const taken = await reporter.opened();
  if (taken > run.steps.length) return;
  for (let number = taken + 1; number <= run.steps.length; number++) {
    const end = await takeStep(standing, number, run.steps[number - 1] as PlannedStep);
    if (end === "halted") return;
    if (end === "gave_up") break;
  }
  await reporter.complete(executionId);
  await reporter.flush();
  await tellEnd(session, run);
}

/** Registers the run, or joins it after a kill. False when it has ended already. */
async function join(session: Session, fleet: Fleet, run: AgentRun): Promise<boolean> {
  const { executionId } = run;
  const parent = { parent: { case: "executionId" as const, value: fleet.rootId } };
  try {
    const answer = await insist(() =>
      session.client.calls.registerExecution({
        executionId,
        principal: PRINCIPAL,
        parent,
        limits: limitsOf(run),
      }),
    );
    if (answer.state === ExecutionState.HALTED) return false;
  } catch (error) {
    if (error instanceof CallError && error.reason === "EXECUTION_COMPLETED") return false;
    throw error;
  }
  await giveTime(session, executionId);
  return true;
}

type StepEnd = "taken" | "skipped" | "halted" | "gave_up";

async function takeStep(standing: Standing, number: number, step: PlannedStep): Promise<StepEnd> {
  const { session, run, reporter } = standing;
  const reservationId = `${run.executionId}-s${number}`;
  for (;;) {
    const answer = await ask(session, run, step, reservationId);
    tellWarnings(standing, number, answer);
    if (answer.allowed) break;
    if (answer.verdict === Verdict.PAUSE) {
      await answerPause(session, run, answer);
      continue;
    }
    const end = await tellRefusal(standing, number, step, answer);
    if (end !== "skipped") return end;
    // The agent uses what the tool said before. An empty report keeps sequences and steps together.
    await reporter.report({ executionId: run.executionId }, {});
    await reporter.flush();
    return end;
  }
  await reporter.report(
    { executionId: run.executionId, provider: "demo", model: "demo-coder" },
    usageOf(step, reservationId),
  );
  await reporter.flush();
  return "taken";
}

async function ask(
  session: Session,
  run: AgentRun,
  step: PlannedStep,
  reservationId: string,
): Promise<Answer> {
  const isCareful = run.index % 2 === 0;
  const tokens = { input: BigInt(step.inputTokens), output: EXPECTED_OUTPUT_TOKENS };
  const toolCalls = step.signature === undefined ? 0n : 1n;
  const { decision } = await insist(() =>
    session.client.calls.reserve({
      executionId: run.executionId,
      reservationId,
      intent: {
        step: { name: step.name, ...(step.signature === undefined ? {} : { signature: step.signature }) },
        estimate: isCareful ? { tokens, toolCalls } : { toolCalls },
        provider: "demo",
        model: "demo-coder",
      },
    }),
  );
  return answerFrom(decision);
}

function usageOf(step: PlannedStep, settlesReservationId: string) {
  const { name, signature, resultDigest } = step;
  return {
    requests: 1n,
    tokens: { input: BigInt(step.inputTokens), output: BigInt(step.outputTokens) },
    ...(signature === undefined ? {} : { toolCalls: 1n }),
    step: {
      name,
      ...(signature === undefined ? {} : { signature }),
      ...(resultDigest === undefined ? {} : { resultDigest }),
    },
    settlesReservationId,
  };
}

/** Each limit warns once on the screen; the daemon says it with every answer. */
function tellWarnings({ run, warned }: Standing, number: number, answer: Answer): void {
  if (answer.verdict !== Verdict.WARN) return;
  for (const finding of answer.decision.findings) {
    const about = finding.limitId ?? finding.reason;
    if (warned.has(about)) continue;
    warned.add(about);
    tell(run.name, "warned", `before step ${number}: ${finding.message}`, "warned");
  }
}

async function tellRefusal(
  standing: Standing,
  number: number,
  step: PlannedStep,
  answer: Answer,
): Promise<StepEnd> {
  const { session, run } = standing;
  const finding = answer.decision.findings[0];
  const isHalted = (await findExecution(session, run.executionId))?.state === ExecutionState.HALTED;
  if (isHalted)
    tell(run.name, "HALTED", `before step ${number}: ${finding?.message ?? "no reason given"}`, "stopped");
  else
    tell(
      run.name,
      "refused",
      `step ${number} (${step.name}): ${finding?.message ?? "no reason given"}`,
      "stopped",
    );
  tellWayOut(finding);
  if (isHalted) return "halted";
  return finding?.reason === "SAME_STEP_LOOP" ? "skipped" : "gave_up";
}

async function tellEnd(session: Session, run: AgentRun): Promise<void> {
  const usage = (await findExecution(session, run.executionId))?.usage;
  if (usage === undefined) return;
  const cost = (Number(usage.costNanoUsd) / 1e9).toFixed(4);
  tell(
    run.name,
    "ended",
    `${usage.steps} steps, ${usage.toolCalls} tool calls, ${usage.totalTokens} tokens, ${cost} USD`,
    "good",
  );
}
