// Orders to be somebody else: a persona without rules, an agent without limits, a new task.
import { CONCEPT, type ConceptHit } from "./find-concepts.ts";
import {
  findNear,
  findWithin,
  firstNear,
  isAsked,
  isForeign,
  isNegated,
  isOrder,
  isReported,
  type Reading,
} from "./read-around.ts";

/** act as … without restrictions */
export function judgePersona(reading: Reading, at: number): ConceptHit | undefined {
  if (isNegated(reading, at) || isReported(reading, at) || isAsked(reading, at)) return undefined;
  const free = findNear(reading, at, CONCEPT.free, 24, 4, false);
  if (free !== undefined) {
    const said = reading.text.slice(free.start, free.end);
    const isAboutModel =
      /dan|stan|now|mode|jail|refus|censor|filter|moral|ethic|disclaim|safety|all|any/.test(said);
    const helper = CONCEPT.agent | CONCEPT.all | CONCEPT.power | CONCEPT.must | CONCEPT.persona;
    const hit = reading.hits[at] as ConceptHit;
    if (isAboutModel || isForeign(reading.text, free)) return free;
    return findWithin(reading, at, helper, hit.word - 8, hit.word + 26, hit, free) === undefined
      ? undefined
      : free;
  }
  const power = findNear(reading, at, CONCEPT.power, 6, 0, true);
  if (power === undefined) return undefined;
  const said = reading.text.slice(power.start, power.end);
  if (
    /^(?:god mode|developer mode|dev mode|sudo mode|debug mode|maintenance mode|developer override)$/.test(
      said,
    )
  )
    return power;
  const hit = reading.hits[at] as ConceptHit;
  const order = CONCEPT.act | CONCEPT.lift | CONCEPT.reveal | CONCEPT.override;
  return findWithin(reading, at, order, hit.word, hit.word + 22, hit, power) === undefined
    ? undefined
    : power;
}

/** your token budget … unlimited · approve your own pending request */
export function judgeSelfLimit(reading: Reading, at: number): ConceptHit | undefined {
  if (isAsked(reading, at) || isReported(reading, at)) return undefined;
  const hit = reading.hits[at] as ConceptHit;
  const lift = findNear(reading, at, CONCEPT.lift, 9, 9, false);
  if (lift === undefined) return undefined;
  const lifted = reading.hits.indexOf(lift, firstNear(at));
  if (isNegated(reading, lifted) || isReported(reading, lifted)) return undefined;
  const before = Math.min(hit.word, lift.word);
  const helper = CONCEPT.yours | CONCEPT.agent | CONCEPT.address | CONCEPT.all;
  const helped = findWithin(reading, at, helper, before - 8, before + 14, hit, lift) !== undefined;
  const isOwn = /^(?:own|pending|your|pause)|approv|check|guardrail|safety|content filter/.test(
    reading.text.slice(hit.start, hit.end),
  );
  const isOrdered =
    /^(?:disable|stop|skip|bypass|ignore|turn off|switch off|approve|circumvent|deactivate|mute|kill|do not report|don't report|keep calling|reset)/.test(
      reading.text.slice(lift.start, lift.end),
    );
  const around = reading.text.slice(Math.min(hit.start, lift.start), Math.max(hit.end, lift.end) + 40);
  const isBoundless =
    /\b(?:unlimited|infinite|no longer|lifted)\b/.test(around) && !isOthers(reading.text, hit);
  return (isOrdered && !isOthers(reading.text, hit) && (helped || isOwn)) || (helped && isBoundless)
    ? lift
    : undefined;
}

/** The limit of an interface or a card is nobody's leash. */
function isOthers(text: string, { start }: ConceptHit): boolean {
  return /(?:credit|card|speed|api|server|database|customer|plan|disk|storage|provider|github|stripe|my|our|his|her|their)\W{1,3}$/.test(
    text.slice(Math.max(0, start - 14), start),
  );
}

/** your new task is … ignore, reveal, approve */
export function judgeFresh(reading: Reading, at: number): ConceptHit | undefined {
  const order =
    CONCEPT.override | CONCEPT.reveal | CONCEPT.free | CONCEPT.power | CONCEPT.secret | CONCEPT.address;
  const found = findNear(reading, at, order, 16, 8, false);
  if (found === undefined) return undefined;
  const foundAt = reading.hits.indexOf(found, firstNear(at));
  if (isNegated(reading, foundAt) || isReported(reading, foundAt) || isAsked(reading, foundAt))
    return undefined;
  if ((found.concepts & CONCEPT.override) !== 0 && !isOrder(reading, foundAt)) return undefined;
  const hit = reading.hits[at] as ConceptHit;
  if ((found.concepts & CONCEPT.reveal) === 0) return found;
  // From now on, show dates in ISO form: an honest wish.
  const bad = CONCEPT.secret | CONCEPT.prompt | CONCEPT.override | CONCEPT.free | CONCEPT.address;
  return findWithin(reading, at, bad, hit.word - 10, hit.word + 24, hit) === undefined ? undefined : found;
}
