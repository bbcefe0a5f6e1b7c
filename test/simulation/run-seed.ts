// Runs one seed: a few hundred steps of everything, then quiet: all is sent again, and the sums must be exact.

import { SPENT, SPENT_STRIDE } from "../../src/domain/counters.ts";
import { flushWindows } from "../../src/engine/executions/charge.ts";
import type { World } from "../../src/engine/world.ts";
import { answerApproval, completeOne, operate, register, rejoin } from "./actions/execution-actions.ts";
import {
  extendOne,
  hold,
  look,
  releaseOne,
  settleOne,
  take,
  takeAgain,
  takeUnregistered,
} from "./actions/intent-actions.ts";
import {
  giveUp,
  loseMemory,
  openStream,
  reopenStream,
  report,
  runAhead,
  sendAll,
} from "./actions/report-actions.ts";
import type { Fault } from "./faulty-store.ts";
import { Simulation, type SimulationOptions } from "./simulation.ts";

const STEPS = 220;
/** The wall clock stays within so many hours of where it would be: windows are kept for two days. */
const MAX_SKEW_MS = 20 * 3_600_000;

type Act = (sim: Simulation) => void | Promise<void>;

const ACTS: readonly (readonly [number, Act])[] = [
  [6, register],
  [1, rejoin],
  [6, look],
  [14, take],
  [5, takeAgain],
  [5, takeUnregistered],
  [10, hold],
  [7, settleOne],
  [4, releaseOne],
  [2, extendOne],
  [24, report],
  [2, reopenStream],
  [1, loseMemory],
  [2, giveUp],
  [1, runAhead],
  [2, completeOne],
  [8, operate],
  [4, answerApproval],
  [14, passTime],
  [1, stepClock],
  [45, turnCrank],
  [2, kill],
];

/** Every third seed is about trees: carves, holds in them, halts and resumptions. */
const TREE_ACTS: readonly (readonly [number, Act])[] = [
  [14, register],
  [3, look],
  [16, take],
  [22, hold],
  [6, settleOne],
  [6, releaseOne],
  [6, report],
  [1, completeOne],
  [14, operate],
  [5, answerApproval],
  [8, passTime],
  [20, turnCrank],
  [1, kill],
];

/** @throws Error naming seed and step with what went wrong and the last acts */
export async function runSeed(seed: number, options: SimulationOptions = {}): Promise<void> {
  const sim = new Simulation(seed, options);
  const acts = seed % 3 === 0 ? TREE_ACTS : ACTS;
  let step = 0;
  try {
    for (; step < STEPS; step++) {
      await chooseAct(sim, acts)(sim);
      sim.settle();
      sim.compare();
    }
    await finish(sim);
  } catch (thrown) {
    const last = sim.log.slice(-12).join("\n  ");
    throw new Error(`seed ${seed}, step ${step}: ${String(thrown)}\n  ${last}`, { cause: thrown });
  }
}

function chooseAct(sim: Simulation, acts: readonly (readonly [number, Act])[]): Act {
  let ticket = sim.below(acts.reduce((sum, [weight]) => sum + weight, 0));
  for (const [weight, act] of acts) {
    ticket -= weight;
    if (ticket < 0) return act;
  }
  return turnCrank;
}

function passTime(sim: Simulation): void {
  const kind = sim.random.next();
  if (kind < 0.7) sim.advance(1 + sim.below(500));
  else if (kind < 0.93) sim.advance(1_000 + sim.below(60_000));
  else sim.advance(300_000 + sim.below(3_600_000));
}

function stepClock(sim: Simulation): void {
  const by = sim.below(2 * MAX_SKEW_MS) - MAX_SKEW_MS;
  sim.note(`the wall clock steps by ${by} ms`);
  sim.clock.wallMs = Math.max(sim.clock.wallMs - MAX_SKEW_MS / 4, sim.clock.wallMs + Math.trunc(by / 8));
}

async function turnCrank(sim: Simulation): Promise<void> {
  const fault: Fault = sim.chance(0.1) ? sim.pick(["fails", "mark_fails"]) : "none";
  await sim.crank(fault);
}

function kill(sim: Simulation): void {
  const awayMs = sim.chance(0.7) ? sim.below(20_000) : sim.below(2 * 3_600_000);
  sim.restart(awayMs, sim.chance(0.6));
}

/** A calm end: no faults, everything is resent, acknowledged and counted. */
async function finish(sim: Simulation): Promise<void> {
  for (let round = 0; round < 2; round++) {
    for (const client of sim.clients) sendAll(sim, client);
    sim.settle();
    sim.compare();
    for (let turn = 0; turn < 10_000 && (sim.daemon.isDirty || sim.daemon.phase !== "none"); turn++)
      await sim.crank("none");
    if (round === 0) {
      sim.restart(500, true);
      sim.compare();
    }
  }
  for (const client of sim.clients) {
    openStream(sim, client);
    sim.expect(
      `P1: everything of ${client.key} is durable`,
      client.stream?.row.durableFloor,
      client.reports.length,
    );
  }
  const counted = countedCpu(sim.daemon.world);
  let surely = 0;
  let perhaps = 0;
  for (const client of sim.clients) {
    const expected = client.expectedCpu();
    surely += expected.surely;
    perhaps += expected.perhaps;
  }
  if (counted < surely) throw new Error(`P1: ${counted} ms of CPU time counted, ${surely} were reported`);
  if (counted > surely + perhaps)
    throw new Error(`P2: ${counted} ms of CPU time counted, at most ${surely + perhaps} were reported`);
}

/** Everything that was ever counted: the month windows above all principals. */
function countedCpu(world: World): number {
  const { windows } = world;
  flushWindows(world);
  let sum = 0n;
  for (const row of windows.rows()) {
    const text = windows.texts[row];
    if (text?.level === "global" && text.period === "month")
      sum += windows.spent[row * SPENT_STRIDE + SPENT.cpuMillis] as bigint;
  }
  return Number(sum);
}
