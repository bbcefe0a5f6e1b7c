// Measures the budgets of the design beside a bare grpc-js echo in the same run; docs/bench.md says how.
// npm run bench -- [--json FILE] [--pairs N] [--only ID,ID] [--quick]
import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { type Budget, isHeld, together } from "./measure/budget.ts";
import { readProcessorTicks } from "./measure/process-files.ts";
import { describeMachine, formatTable, toJson } from "./measure/table.ts";
import { durabilityRow } from "./rows/durability.ts";
import { engineRow } from "./rows/engine.ts";
import { guardRow } from "./rows/guards.ts";
import { haltRow } from "./rows/halt.ts";
import { latencyRow } from "./rows/latency.ts";
import { policyRow } from "./rows/policy.ts";
import { reloadRow } from "./rows/reload.ts";
import type { Effort, Row } from "./rows/row.ts";
import { startRow } from "./rows/start.ts";
import { throughputRow } from "./rows/throughput.ts";

const ROWS: readonly Row[] = [
  throughputRow,
  latencyRow,
  durabilityRow,
  engineRow,
  policyRow,
  reloadRow,
  guardRow,
  haltRow,
  startRow,
];

const { values } = parseArgs({
  options: {
    json: { type: "string" },
    pairs: { type: "string" },
    only: { type: "string" },
    quick: { type: "boolean", default: false },
  },
});

const only = values.only?.split(",");
const unknown = only?.find((id) => !ROWS.some((row) => row.ids.includes(id)));
if (unknown !== undefined) {
  throw new Error(`bench: no budget "${unknown}"; there are ${ROWS.flatMap((row) => row.ids).join(", ")}`);
}
/** Everything is measured twice, half of it each time: a host that is slow for minutes is so for one half of every figure. */
const PASSES = 2;
const pairs = Number(values.pairs ?? (values.quick ? 4 : 8));
const effort: Effort = {
  pairs: Math.ceil(pairs / PASSES),
  runMs: values.quick ? 500 : 1_500,
  executions: values.quick ? 10_000 : 100_000,
};
if (!Number.isInteger(pairs) || pairs < PASSES) throw new Error("bench: --pairs is a count, 2 at least");

const startedMs = performance.now();
const ticks = readProcessorTicks();
const measured = new Map<string, Budget[]>();
for (let pass = 1; pass <= PASSES; pass++) {
  for (const row of ROWS) {
    if (only !== undefined && !row.ids.some((id) => only.includes(id))) continue;
    for (const one of await row.measure(effort)) {
      if (only !== undefined && !only.includes(one.id)) continue;
      const known = measured.get(one.id);
      if (known === undefined) measured.set(one.id, [one]);
      else known.push(one);
      console.error(`${pass}/${PASSES} ${one.id} ${one.value.toPrecision(3)} ${one.unit}`);
    }
  }
}
const budgets = [...measured.values()].map(together);
const { wanted, stolen } = readProcessorTicks();
const machine = describeMachine(
  Math.round((100 * (stolen - ticks.stolen)) / Math.max(1, wanted - ticks.wanted)),
);
const seconds = Math.round((performance.now() - startedMs) / 1_000);
const failed = budgets.filter((one) => !isHeld(one));
const about = `${machine.cpus} cores, ${machine.platform}, Node ${machine.node}, ${seconds} s`;
console.log(`\n${about}; ${machine.stolenPercent} % of the CPU it wanted went to other guests\n`);
console.log(formatTable(budgets));
console.log(
  failed.length === 0
    ? "\nevery budget holds"
    : `\nbeyond their bound: ${failed.map(({ id }) => id).join(", ")}`,
);
if (values.json !== undefined) writeFileSync(values.json, toJson(machine, budgets));
process.exit(failed.length === 0 ? 0 : 1);
