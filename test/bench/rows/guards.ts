import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { type Budget, budget, round } from "../measure/budget.ts";
import { figureOf, median } from "../measure/pairs.ts";
import type { GuardFigures } from "../servers/guard-process.ts";
import type { Row } from "./row.ts";

// The chain of guards with the built-in baseline, in a process of its own.

const CALLS = 6_000;

export const guardRow: Row = {
  ids: ["guard-chain-p50", "guard-chain-p99", "guard-chain-growth"],
  measure: async ({ pairs }) => budgetsOf(await runGuards(pairs)),
};

function budgetsOf({ bySize, coldMs }: GuardFigures): readonly Budget[] {
  const of = (size: string) => bySize[size] ?? { p50: [], p99: [] };
  const small = of("2");
  const perKilobyte = small.p50.map((us) => us / 2);
  const growth = of("128").p50.map((us, at) => us / 128 / (perKilobyte[at] ?? 1));
  const cold = `a text of new characters ${round(coldMs)} ms`;
  return [
    budget("guard-chain-p50", "guard chain on 2 KB, p50", figureOf(small.p50), "µs", { atMost: 60 }, cold),
    budget("guard-chain-p99", "guard chain on 2 KB, p99", figureOf(small.p99), "µs", { atMost: 500 }),
    budget(
      "guard-chain-growth",
      "guard chain, per KB at 128 KB beside 2 KB",
      figureOf(growth),
      "×",
      { atMost: 1.5 },
      `16 KB ${round(median(of("16").p50))}, 128 KB ${round(median(of("128").p50))} µs`,
    ),
  ];
}

function runGuards(rounds: number): Promise<GuardFigures> {
  const path = fileURLToPath(new URL("../servers/guard-process.ts", import.meta.url));
  const child = fork(path, [String(CALLS), String(rounds)]);
  return new Promise((resolve, reject) => {
    child.once("message", (figures) => resolve(figures as GuardFigures));
    child.once("exit", (code) => reject(new Error(`the guards ended with ${code}`)));
  });
}
