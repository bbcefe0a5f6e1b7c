import { join } from "node:path";
import { connectService, createClient } from "../../../src/client/connect-client.ts";
import type { UnaryMethods } from "../../../src/client/unary-methods.ts";
import { PolicyService } from "../../../src/gen/tollgate/admin/v1/policy_service_pb.ts";
import { createTenantChecks, TENANTS, tenantName, writePolicies } from "../load/policy-files.ts";
import { UnaryLoad } from "../load/unary-load.ts";
import { type Budget, budget, formatFigure, round } from "../measure/budget.ts";
import { figureOf } from "../measure/pairs.ts";
import { createDirectory, ServerChild } from "../servers/server-child.ts";
import type { LongestTurn } from "../servers/watch-turns.ts";
import type { Row } from "./row.ts";

// How long the event loop stands still while every document of a large policy changes under full load.

const BUDGET_MS = 20;
/** Load after the swap, ms: every execution is moved and asked about. */
const AFTER_MS = 1_000;

type PolicyAdmin = UnaryMethods<typeof PolicyService>;

interface Reload {
  readonly quiet: LongestTurn;
  readonly during: LongestTurn;
  readonly elapsedMs: number;
}

export const reloadRow: Row = {
  ids: ["reload-stall", "reload-stall-wall"],
  measure: async ({ pairs, runMs }) => {
    const directory = createDirectory();
    const policy = join(directory, "policy");
    writePolicies(policy, 0);
    const server = await ServerChild.startReload(directory);
    const load = new UnaryLoad(server, createTenantChecks(await registerTenants(server)));
    const admin = connectService(server.adminTarget, PolicyService);
    try {
      const reloads: Reload[] = [];
      for (let at = 0; at <= pairs; at++) {
        await server.longestTurn();
        await load.run(runMs);
        const quiet = await server.longestTurn();
        const elapsedMs = await whileLoaded(load, () => reloadPolicy(admin, policy, at + 1));
        const during = await server.longestTurn();
        reloads.push({ quiet, during, elapsedMs });
      }
      return budgetsOf(reloads.slice(1));
    } finally {
      load.close();
      admin.close();
      await server.stop();
    }
  },
};

/** Until every execution was moved and asked about. */
async function whileLoaded<T>(load: UnaryLoad, work: () => Promise<T>): Promise<T> {
  let isOver = false;
  const running = load.runWhile(() => !isOver);
  try {
    const result = await work();
    await new Promise((resolve) => setTimeout(resolve, AFTER_MS));
    return result;
  } finally {
    isOver = true;
    await running;
  }
}

/** Replaces every document and waits until they are in force, ms; the watch on the directory may take them up first. */
async function reloadPolicy(admin: PolicyAdmin, policy: string, variant: number): Promise<number> {
  const startMs = performance.now();
  writePolicies(policy, variant);
  const { problems } = await admin.reload({}, { deadlineMs: 300_000 });
  if (problems.length > 0) throw new Error(`the policy was not taken: ${problems[0]}`);
  return performance.now() - startMs;
}

async function registerTenants(server: ServerChild): Promise<readonly string[]> {
  const agent = createClient({ address: server.target });
  const ids: string[] = [];
  for (let at = 0; at < TENANTS; at++) {
    const executionId = `run-${at}`;
    await agent.calls.registerExecution({ executionId, principal: { tenant: tenantName(at) } });
    ids.push(executionId);
  }
  agent.close();
  return ids;
}

function budgetsOf(reloads: readonly Reload[]): readonly Budget[] {
  const of = (pick: (one: Reload) => number) => figureOf(reloads.map(pick));
  const quiet = of((one) => one.quiet.turnMs);
  const elapsed = of((one) => one.elapsedMs);
  return [
    budget(
      "reload-stall",
      "longest turn of the event loop while 1,000 tenants of 20 rules and 10,000 access rules change under load",
      of((one) => one.during.turnCpuMs),
      "ms",
      { atMost: BUDGET_MS },
      `a reload takes ${round(elapsed.value)} ms`,
    ),
    budget(
      "reload-stall-wall",
      "the same on the wall clock, with what other programs of the machine take",
      of((one) => one.during.turnMs),
      "ms",
      undefined,
      `without a reload ${formatFigure(quiet)} ms`,
    ),
  ];
}
