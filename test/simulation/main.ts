// npm run simulate -- --seeds N     runs N seeds from a random one on
// npm run simulate -- --seed N      runs one seed again
import { parseArgs } from "node:util";
import { runSeed } from "./run-seed.ts";

const DEFAULT_SEEDS = 2_000;

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { seeds: { type: "string" }, seed: { type: "string" } } });
  const first = values.seed === undefined ? Math.floor(Math.random() * 0x7fffffff) : Number(values.seed);
  const count = values.seed === undefined ? Number(values.seeds ?? DEFAULT_SEEDS) : 1;
  if (!Number.isSafeInteger(first) || !Number.isSafeInteger(count) || count < 1)
    throw new Error("--seed and --seeds take whole numbers");
  const started = performance.now();
  let failed = 0;
  for (let seed = first; seed < first + count; seed++) {
    try {
      await runSeed(seed);
    } catch (thrown) {
      failed++;
      console.error((thrown as Error).message);
      console.error(`again: npm run simulate -- --seed ${seed}\n`);
    }
  }
  console.log(
    `${count} seeds from ${first}, ${failed} failed, ${Math.round(performance.now() - started)} ms`,
  );
  if (failed > 0) process.exitCode = 1;
}

await main();
