import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { type Budget, budget, round } from "../measure/budget.ts";
import { figureOf, median } from "../measure/pairs.ts";
import type { EngineFigures } from "../servers/engine-process.ts";
import type { Row } from "./row.ts";

// The engine in a process of its own, with 1,000 and with all executions.

const FEW = 1_000;
/** The most that may be configured is ten times the fixture; it has a heap of its own and is printed without a bound. */
const MOST = 10;
const MOST_FLAGS = ["--max-old-space-size=4096"];

export const engineRow: Row = {
  ids: [
    "engine-report",
    "engine-execution",
    "engine-decision",
    "growth-stream",
    "growth-decision",
    "stall-cut",
    "stall-timers",
    "bytes-per-execution",
    "million-execution",
    "million-decision",
    "million-bytes",
  ],
  measure: async ({ executions, pairs }) => {
    const few = await runEngine(FEW, pairs);
    const many = await runEngine(executions, pairs);
    const most = await runEngine(executions * MOST, 1, MOST_FLAGS);
    return [...budgetsOf(few, many), ...unbound(most)];
  },
};

function budgetsOf(few: EngineFigures, many: EngineFigures): readonly Budget[] {
  const growth = (of: (figures: EngineFigures) => readonly number[]) => {
    const base = median(of(few));
    return figureOf(of(many).map((one) => one / base));
  };
  const at1k = (of: (figures: EngineFigures) => readonly number[], unit: string): string =>
    `${round(median(of(few)))} ${unit} with 1,000 live`;
  return [
    budget(
      "engine-report",
      "engine, one more report of an execution",
      figureOf(many.nsPerReport),
      "ns",
      { atMost: 300 },
      at1k((one) => one.nsPerReport, "ns"),
    ),
    budget(
      "engine-execution",
      "engine, one execution touched in a message",
      figureOf(many.usPerExecution),
      "µs",
      { atMost: 2 },
      at1k((one) => one.usPerExecution, "µs"),
    ),
    budget(
      "engine-decision",
      "engine, one unary decision",
      figureOf(many.usPerDecision),
      "µs",
      { atMost: 3 },
      at1k((one) => one.usPerDecision, "µs"),
    ),
    budget(
      "growth-stream",
      "growth of an execution touched, 1,000 → 100,000 live",
      growth((one) => one.usPerExecution),
      "×",
      { atMost: 2 },
    ),
    budget(
      "growth-decision",
      "growth of a decision, 1,000 → 100,000 live",
      growth((one) => one.usPerDecision),
      "×",
      { atMost: 2 },
    ),
    budget("stall-cut", "longest slice of a cut of every execution", figureOf(many.cutSliceMs), "ms", {
      atMost: 1,
    }),
    budget("stall-timers", "longest slice of 100,000 timers due at once", figureOf(many.dueSliceMs), "ms", {
      atMost: 1,
    }),
    budget(
      "bytes-per-execution",
      "resident memory per live execution",
      figureOf([many.residentPerExecution]),
      "bytes",
      { atMost: 1_536 },
      `${round(many.heapPerExecution, 4)} bytes of heap and buffers`,
    ),
  ];
}

function unbound(most: EngineFigures): readonly Budget[] {
  const live = "with 1,000,000 live executions";
  return [
    budget("million-execution", `one execution touched ${live}`, figureOf(most.usPerExecution), "µs"),
    budget("million-decision", `one decision ${live}`, figureOf(most.usPerDecision), "µs"),
    budget("million-bytes", `memory per execution ${live}`, figureOf([most.residentPerExecution]), "bytes"),
  ];
}

/** With the flag of the image (deploy/Dockerfile). */
function runEngine(
  executions: number,
  rounds: number,
  flags: readonly string[] = [],
): Promise<EngineFigures> {
  const path = fileURLToPath(new URL("../servers/engine-process.ts", import.meta.url));
  const child = fork(path, [String(executions), String(rounds)], {
    execArgv: ["--expose-gc", "--max-semi-space-size=4", ...flags],
  });
  return new Promise((resolve, reject) => {
    child.once("message", (figures) => resolve(figures as EngineFigures));
    child.once("exit", (code) => reject(new Error(`the engine ended with ${code}`)));
  });
}
