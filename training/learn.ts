// Learning what words weigh in the search for hidden orders. The same texts give the same weights.
import { readdirSync, readFileSync } from "node:fs";
import { Tokens } from "../src/engine/texts/injection/learned/read-tokens.ts";
import {
  FEATURE_COUNT,
  featureOf,
  featureOfPair,
  shareOf,
  Weigher,
} from "../src/engine/texts/injection/learned/weigher.ts";
import { normalizeText } from "../src/engine/texts/injection/normal-text.ts";

export interface Sample {
  /** Of its tokens. */
  readonly hashes: Int32Array;
  readonly isAttack: boolean;
}
interface Model {
  readonly weights: Float64Array;
  readonly bias: number;
}

const FOLDER = new URL("./injections/", import.meta.url);

/** Of a logistic regression with a rate of its own for each weight (AdaGrad). */
const ROUNDS = 20;
const RATE = 0.3;
const DECAY = 1e-4;
/** What stands in fewer texts says nothing of others. */
const LEAST_TEXTS = 2;
/** Weights that are less of 127 than this change nothing that is found. */
const LEAST_BYTE = 4;
/** Odds (natural logarithm) from which on a text is told to be an attack: chosen for at most 4 % of honest texts in files not learned from. */
export const LEAST_ODDS = -0.5;

const tokens = new Tokens();

function readSamples(file: string): Sample[] {
  const lines = readFileSync(new URL(file, FOLDER), "utf8").split("\n").filter(Boolean);
  return lines.map((line) => {
    const { text, expected } = JSON.parse(line) as { text: string; expected: "attack" | "benign" };
    tokens.read(normalizeText(text).text);
    return { hashes: tokens.hashes.slice(0, tokens.count), isAttack: expected === "attack" };
  });
}

/**
 * The heaviest window of each text stands for it: of an attack in a long text only that is one. Features are scaled by how differently
 * often attacks and honest texts have them (Wang and Manning, Baselines and Bigrams, 2012).
 */
export function learn(samples: readonly Sample[]): Model {
  const scales = scalesOf(samples);
  const weights = new Float64Array(FEATURE_COUNT);
  const squares = new Float64Array(FEATURE_COUNT);
  const random = randomFrom(7);
  const order = [...samples];
  const weigher = new Weigher(weights);
  let bias = 0;
  let biasSquares = 0;
  for (let round = 0; round < ROUNDS; round += 1) {
    shuffle(order, random);
    for (const { hashes, isAttack } of order) {
      const { weight, first, end } = weigher.weigh(hashes, hashes.length);
      const error = 1 / (1 + Math.exp(-weight - bias)) - (isAttack ? 1 : 0);
      const share = shareOf(end - first, hashes.length);
      for (const feature of featuresOf(hashes, first, end)) {
        const scale = scales[feature] as number;
        if (scale === 0) continue;
        // The weight is the scale times what is learned, so that the sum needs no scales.
        const gradient = error * share * scale + (DECAY * (weights[feature] as number)) / scale;
        const square = (squares[feature] as number) + gradient * gradient;
        squares[feature] = square;
        weights[feature] =
          (weights[feature] as number) - (scale * RATE * gradient) / Math.sqrt(square + 1e-8);
      }
      biasSquares += error * error;
      bias -= (RATE * error) / Math.sqrt(biasSquares + 1e-8);
    }
  }
  return { weights, bias };
}

/** 0 = stands in too few texts. */
function scalesOf(samples: readonly Sample[]): Float64Array {
  const inAttacks = new Float64Array(FEATURE_COUNT);
  const inHonest = new Float64Array(FEATURE_COUNT);
  for (const { hashes, isAttack } of samples) {
    const counts = isAttack ? inAttacks : inHonest;
    for (const feature of featuresOf(hashes, 0, hashes.length))
      counts[feature] = (counts[feature] as number) + 1;
  }
  const attacks = samples.filter(({ isAttack }) => isAttack).length;
  const honest = samples.length - attacks;
  return inAttacks.map((count, feature) => {
    const others = inHonest[feature] as number;
    if (count + others < LEAST_TEXTS) return 0;
    return 0.2 + Math.abs(Math.log((count + 1) / (attacks + 2) / ((others + 1) / (honest + 2))));
  });
}

/** The same numbers every time. */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) | 0;
    return (state >>> 8) / 0x100_0000;
  };
}

function shuffle<T>(items: T[], random: () => number): void {
  for (let at = items.length - 1; at > 0; at -= 1) {
    const other = Math.floor(random() * (at + 1));
    [items[at], items[other]] = [items[other] as T, items[at] as T];
  }
}

/** One byte for each weight: as much as the grammar of the search for a window needs. */
function pack({ weights, bias }: Model): { packed: string; needed: number } {
  const unit = weights.reduce((most, weight) => Math.max(most, Math.abs(weight)), 0) / 127;
  const bytes: number[] = [];
  let place = 0;
  for (const [feature, weight] of weights.entries()) {
    const byte = Math.round(weight / unit);
    if (Math.abs(byte) < LEAST_BYTE) continue;
    for (; feature - place > 255; place += 255) bytes.push(255, 0);
    bytes.push(feature - place, byte & 0xff);
    place = feature;
  }
  return { packed: Buffer.from(bytes).toString("base64"), needed: (LEAST_ODDS - bias) / unit };
}

/** Each once. */
function featuresOf(hashes: Int32Array, first: number, end: number): ReadonlySet<number> {
  const features = new Set<number>();
  for (let token = first; token < end; token += 1) {
    const hash = hashes[token] as number;
    features.add(featureOf(hash));
    features.add(featureOfPair(token === 0 ? 0 : (hashes[token - 1] as number), hash));
  }
  return features;
}

/** All files of texts to learn from, by name. */
export function readFiles(): ReadonlyMap<string, readonly Sample[]> {
  const names = readdirSync(FOLDER).filter((name) => name.endsWith(".jsonl"));
  return new Map(names.toSorted().map((name) => [name, readSamples(name)]));
}

/** The file that the weights stand in. */
export function formatWeights(samples: readonly Sample[]): string {
  const { packed, needed } = pack(learn(samples));
  return `// Learned by \`npm run train\`; not to be changed by hand.

/** What the heaviest window of an attack weighs at least. */
export const NEEDED = ${needed};

/** Weights other than 0, by place of their feature: see unpackWeights. */
export const PACKED =
  "${packed}";
`;
}
