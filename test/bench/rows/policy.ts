import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { type Budget, budget } from "../measure/budget.ts";
import { figureOf } from "../measure/pairs.ts";
import type { PolicyFigures } from "../servers/policy-process.ts";
import type { Row } from "./row.ts";

// The engine under 1,000 tenants × 20 rules and 10,000 access rules, in a process of its own.

export const policyRow: Row = {
  ids: ["policy-decision", "policy-route", "policy-growth"],
  measure: async ({ pairs }) => budgetsOf(await runPolicy(pairs)),
};

function budgetsOf({ plainUs, routeUs, fewUs }: PolicyFigures): readonly Budget[] {
  const growth = routeUs.map((us, at) => us / (fewUs[at] ?? 1));
  return [
    budget(
      "policy-decision",
      "one decision of 1,000 tenants with 20 rules each, 10,000 access rules",
      figureOf(plainUs),
      "µs",
      { atMost: 3 },
    ),
    budget("policy-route", "the same about a route that the access rules name", figureOf(routeUs), "µs"),
    budget("policy-growth", "growth of it from 10 to 10,000 access rules", figureOf(growth), "×", {
      atMost: 2,
    }),
  ];
}

function runPolicy(rounds: number): Promise<PolicyFigures> {
  const path = fileURLToPath(new URL("../servers/policy-process.ts", import.meta.url));
  const child = fork(path, [String(rounds)], { execArgv: ["--max-semi-space-size=4"] });
  return new Promise((resolve, reject) => {
    child.once("message", (figures) => resolve(figures as PolicyFigures));
    child.once("exit", (code) => reject(new Error(`the policies ended with ${code}`)));
  });
}
