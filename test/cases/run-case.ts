import { expect } from "vitest";
import type { Case, Json, Step } from "./case-file.ts";
import { compare, decisionOf } from "./compare.ts";
import type { Driver, Outcome } from "./driver.ts";
import { createMemory, parseDuration, requestOf } from "./requests.ts";

/** Runs the steps of a case in order; a step without `want` must succeed, and be allowed where it is decided. */
export async function runCase(one: Case, driver: Driver): Promise<void> {
  const memory = createMemory();
  for (const [at, step] of one.steps.entries()) {
    if (step.call === "advance") driver.advance(parseDuration(String(step.body)));
    else if (step.call === "documents") driver.swap(step.body as readonly Json[]);
    else {
      const outcome = await driver.send(requestOf(step, memory));
      memory.approvalId = approvalOf(outcome) ?? memory.approvalId;
      check(step, at, outcome);
    }
  }
}

function check(step: Step, at: number, outcome: Outcome): void {
  const name = `step ${at + 1}, ${step.call}`;
  const { wanted, found } = compare(step.want ?? PASSES, outcome);
  if (step.want === undefined) {
    expect(outcome, name).not.toHaveProperty("error");
    const verdict = (found as { verdict?: unknown }).verdict;
    expect(["ALLOW", "WARN", "REPAIR", undefined], `${name}: ${JSON.stringify(outcome)}`).toContain(verdict);
  } else expect(found, `${name}: ${JSON.stringify(outcome).slice(0, 2_000)}`).toEqual(wanted);
}

const PASSES = { verdict: "ALLOW" } as const;

function approvalOf(outcome: Outcome): string | undefined {
  if (!("answer" in outcome)) return undefined;
  const ids = decisionOf(outcome.answer)["approval_ids"];
  return Array.isArray(ids) ? (ids[0] as string | undefined) : undefined;
}
