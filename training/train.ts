// Learns what words weigh from all texts of injections/ and writes it to src/engine/texts/injection/learned/weights.ts; with --figures it tells
// what is found in texts that were not learned from. Run it as `npm run train`.
import { writeFileSync } from "node:fs";
import { Weigher } from "../src/engine/texts/injection/learned/weigher.ts";
import { formatWeights, LEAST_ODDS, learn, readFiles, type Sample } from "./learn.ts";

const TARGET = new URL("../src/engine/texts/injection/learned/weights.ts", import.meta.url);
/** Parts of each file for the figures. */
const PARTS = 5;

/** Each text weighed by what was learned from the other four fifths of its file. */
function tellFigures(files: ReadonlyMap<string, readonly Sample[]>): void {
  const odds = new Map(
    [...files.keys()].map((file) => [file, { attacks: [] as number[], honest: [] as number[] }]),
  );
  for (let part = 0; part < PARTS; part += 1) {
    const { weights, bias } = learn(
      [...files.values()].flatMap((samples) => samples.filter((_, at) => at % PARTS !== part)),
    );
    const weigher = new Weigher(weights);
    for (const [file, samples] of files)
      for (const { hashes, isAttack } of samples.filter((_, at) => at % PARTS === part))
        odds
          .get(file)
          ?.[isAttack ? "attacks" : "honest"].push(weigher.weigh(hashes, hashes.length).weight + bias);
  }
  for (const [file, { attacks, honest }] of odds) console.log(file, told(attacks, honest, LEAST_ODDS));
  const attacks = [...odds.values()].flatMap((one) => one.attacks);
  const honest = [...odds.values()].flatMap((one) => one.honest);
  const falling = honest.toSorted((left, right) => right - left);
  for (const share of [0.01, 0.02, 0.03, 0.04, 0.05]) {
    const least = falling[Math.floor(falling.length * share)] as number;
    console.log(`odds beyond ${least.toFixed(2)}: ${told(attacks, honest, least)}`);
  }
  console.log(`all, odds beyond ${LEAST_ODDS}: ${told(attacks, honest, LEAST_ODDS)}`);
}

function told(attacks: readonly number[], honest: readonly number[], least: number): string {
  const percent = (odds: readonly number[]): string =>
    `${((100 * odds.filter((one) => one > least).length) / odds.length).toFixed(1)} %`;
  return `${percent(attacks)} of ${attacks.length} found, ${percent(honest)} of ${honest.length} flagged`;
}

const files = readFiles();
if (process.argv.includes("--figures")) tellFigures(files);
const text = formatWeights([...files.values()].flat());
writeFileSync(TARGET, text);
console.log(`${text.length} characters of weights`);
