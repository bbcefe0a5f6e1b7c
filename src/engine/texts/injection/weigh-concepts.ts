// What no single rule finds: many weak signs within a few words. Each sign counts once in a window; a verb counts as an order only
// where it stands as one. The weights were fitted to texts written for it and rounded to tenths; no text of the tests was among them.
import type { TextMatch } from "../text-match.ts";
import { CONCEPT, type ConceptHit } from "./find-concepts.ts";
import { isAsked, isNegated, isOrder, isReported, type Reading } from "./read-around.ts";

/** Words that are looked at together. */
const WINDOW_WORDS = 36;
/** Points of a hidden order; the benign texts of the fit had next to none. */
const ENOUGH = 62;

/** Points of a sign that is no verb, or a verb that orders. */
const SIGNS: readonly (readonly [concept: number, points: number])[] = [
  [CONCEPT.address, 50],
  [CONCEPT.prompt, 41],
  [CONCEPT.hush, 40],
  [CONCEPT.free, 38],
  [CONCEPT.claim, 35],
  [CONCEPT.unasked, 33],
  [CONCEPT.fresh, 27],
  [CONCEPT.bound, 22],
  [CONCEPT.power, 14],
  [CONCEPT.instructions, 14],
  [CONCEPT.destination, 13],
  [CONCEPT.secret, 10],
  [CONCEPT.only, 9],
  [CONCEPT.agent, 7],
  [CONCEPT.data, 5],
  [CONCEPT.prior, 5],
  [CONCEPT.all, 5],
];
const ORDERS: readonly (readonly [concept: number, points: number])[] = [
  [CONCEPT.override, 23],
  [CONCEPT.persona, 16],
  [CONCEPT.send, 13],
  [CONCEPT.reveal, 10],
  [CONCEPT.harm, 9],
  [CONCEPT.weaken, 8],
  [CONCEPT.act, 4],
];
/** An address of a person or a server in the window or right behind it. */
const ADDRESS_POINTS = 19;
const ADDRESS = /https?:\/\/|[\w.+-]{1,40}@[\w-]{1,40}\.\w/;
/** Points that speak against it: a question, something negated or told of. */
const AGAINST: readonly (readonly [concept: number, points: number])[] = [
  [CONCEPT.question, -6],
  [CONCEPT.negation, -9],
];
const WEIGHTS = [...SIGNS, ...ORDERS, ...AGAINST];

/** Without one of these any sum of words is somebody's work. */
const STRONG =
  CONCEPT.address |
  CONCEPT.prompt |
  CONCEPT.hush |
  CONCEPT.free |
  CONCEPT.claim |
  CONCEPT.unasked |
  CONCEPT.override;
const VERBS = ORDERS.reduce((bits, [concept]) => bits | concept, 0);
const TOLD = CONCEPT.free | CONCEPT.fresh | CONCEPT.prompt | CONCEPT.secret | CONCEPT.claim;

/** Whether a window could weigh enough in a text that holds no other concepts than these. */
export function mayWeighEnough(concepts: number): boolean {
  let points = ADDRESS_POINTS;
  for (const [concept, worth] of WEIGHTS) if ((concepts & concept) !== 0 && worth > 0) points += worth;
  return (concepts & STRONG) !== 0 && points >= ENOUGH;
}

/** The first window that weighs enough; one pass, signs coming in at its end and going out at its start. */
export function weighConcepts(reading: Reading): TextMatch | undefined {
  const { text, hits } = reading;
  let all = 0;
  for (const { concepts } of hits) all |= concepts;
  if (pointsOf(all) + ADDRESS_POINTS < ENOUGH) return undefined;
  const counts = new Uint16Array(33);
  const signs: number[] = [];
  let seen = 0;
  let first = 0;
  for (const [at, hit] of hits.entries()) {
    const came = signsOf(reading, at);
    signs.push(came);
    seen |= count(counts, came, 1);
    while ((hits[first] as ConceptHit).word + WINDOW_WORDS < hit.word) {
      seen &= ~count(counts, signs[first] as number, -1);
      first += 1;
    }
    const points = pointsOf(seen);
    if (points < ENOUGH - ADDRESS_POINTS) continue;
    const { start } = hits[first] as ConceptHit;
    if (points < ENOUGH && !ADDRESS.test(text.slice(start, Math.min(hit.end + 80, start + 600)))) continue;
    return { kind: kindOf(seen), start, end: hit.end };
  }
  return undefined;
}

/** Adds or takes away the bits of one hit; the bits that are there because of it, or are there no more. */
function count(counts: Uint16Array, bits: number, by: 1 | -1): number {
  let changed = 0;
  for (let rest = bits; rest !== 0; rest &= rest - 1) {
    const bit = rest & -rest;
    const index = 31 - Math.clz32(bit);
    const now = (counts[index] as number) + by;
    counts[index] = now;
    if (by === 1 || now === 0) changed |= bit;
  }
  return changed;
}

/** The concepts of a hit that count: what is negated, asked or told of orders nothing. */
function signsOf(reading: Reading, at: number): number {
  const { concepts: all, start, end } = reading.hits[at] as ConceptHit;
  // Everybody who builds with models writes of system prompts.
  const isTrade = /^(?:system )?prompts?(?: template)?$/.test(reading.text.slice(start, end));
  const concepts = isTrade ? all & ~CONCEPT.prompt : all;
  if ((concepts & (VERBS | TOLD)) === 0) return concepts;
  if (isNegated(reading, at) || isAsked(reading, at) || isReported(reading, at))
    return concepts & ~(VERBS | TOLD);
  return (concepts & VERBS) === 0 || isOrder(reading, at) ? concepts : concepts & ~VERBS;
}

function pointsOf(seen: number): number {
  if ((seen & STRONG) === 0) return 0;
  let points = 0;
  for (const [concept, worth] of WEIGHTS) if ((seen & concept) !== 0) points += worth;
  return points;
}

/** The gravest of what was seen. */
function kindOf(seen: number): string {
  if ((seen & (CONCEPT.address | CONCEPT.hush)) !== 0) return "hidden_order";
  if ((seen & CONCEPT.prompt) !== 0) return "prompt_leak";
  if ((seen & CONCEPT.free) !== 0) return "persona";
  if ((seen & (CONCEPT.unasked | CONCEPT.bound)) !== 0) return "self_limit";
  return "override";
}
