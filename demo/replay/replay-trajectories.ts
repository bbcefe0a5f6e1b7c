import type { Session } from "../session.ts";
import { forEachAtOnce } from "../tally.ts";
import { type AgentRun, replayRun } from "./agent-run.ts";
import type { Fleet } from "./fleet.ts";
import { planSteps, type Trajectory } from "./trajectory.ts";

/** Agents at work at the same time. */
const AGENTS = 8;

export function planRuns(fleet: Fleet, trajectories: readonly Trajectory[]): readonly AgentRun[] {
  return trajectories.map((trajectory, index) => ({
    executionId: `${fleet.rootId}-${index}`,
    name: `run ${index}`,
    index,
    steps: planSteps(trajectory),
  }));
}

export async function replayTrajectories(
  session: Session,
  fleet: Fleet,
  runs: readonly AgentRun[],
): Promise<void> {
  await forEachAtOnce(runs, AGENTS, (run) => replayRun(session, fleet, run));
}
