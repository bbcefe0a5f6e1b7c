import { connectService, createClient, type TollgateClient } from "../../../src/client/connect-client.ts";
import { ExecutionAdminService } from "../../../src/gen/tollgate/admin/v1/execution_admin_service_pb.ts";
import { Watchers } from "../load/watchers.ts";
import { type Budget, budget, round } from "../measure/budget.ts";
import { figureOf } from "../measure/pairs.ts";
import { ServerChild } from "../servers/server-child.ts";
import type { Row } from "./row.ts";

// P5: how long after an operator's halt the last watcher of the tree has heard of it.

const ROOT = "halted-root";
/** One root and its children: 50 watchers each when there are a thousand. */
const MEMBERS = 20;
const BUDGET_MS = 50;

export const haltRow: Row = {
  ids: ["halt-100", "halt-1000"],
  measure: async ({ pairs }) => {
    const server = await ServerChild.startDaemon({ executions: 0, log: "ignore" });
    const agent = createClient({ address: server.target });
    const admin = connectService(server.adminTarget, ExecutionAdminService);
    try {
      const ids = await registerTree(agent);
      const target = { target: { case: "executionId" as const, value: ROOT } };
      const budgets: Budget[] = [];
      for (const count of [100, 1_000]) {
        const watchers = await Watchers.open(server, ids, count);
        const halts: number[] = [];
        const answers: number[] = [];
        for (let at = 0; at <= pairs; at++) {
          const told = watchers.told();
          const startMs = performance.now();
          await admin.halt({ target });
          answers.push(performance.now() - startMs);
          halts.push(await told);
          const resumed = watchers.told();
          await admin.resume({ target });
          await resumed;
        }
        watchers.close();
        budgets.push(budgetOf(count, halts.slice(1), answers.slice(1)));
      }
      return budgets;
    } finally {
      admin.close();
      agent.close();
      await server.stop();
    }
  },
};

async function registerTree(agent: TollgateClient): Promise<readonly string[]> {
  const ids = Array.from({ length: MEMBERS }, (_, place) => (place === 0 ? ROOT : `halted-${place}`));
  for (const [place, executionId] of ids.entries()) {
    await agent.calls.registerExecution({
      executionId,
      ...(place === 0 ? {} : { parent: { parent: { case: "executionId", value: ROOT } } }),
    });
  }
  return ids;
}

function budgetOf(count: number, halts: readonly number[], answers: readonly number[]): Budget {
  return budget(
    `halt-${count}`,
    `a halt reaches the last of ${count.toLocaleString("en")} watchers`,
    figureOf(halts),
    "ms",
    { atMost: BUDGET_MS },
    `the operator's durable answer after ${round(figureOf(answers).value)} ms`,
  );
}
