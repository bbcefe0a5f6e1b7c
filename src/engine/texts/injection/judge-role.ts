// Orders to be somebody else: a persona without rules, an agent without limits, a new task.
import { CONCEPT, type ConceptHit } from "./find-concepts.ts";
import { isNews, isOfOthers } from "./others-orders.ts";
import {
  findNear,
  findWithin,
  firstNear,
  isAsked,
  isNegated,
  isOrder,
  isOtherOrder,
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
      /dan|stan|now|mode|jail|refus|censor|filter|moral|ethic|disclaim|safety|all|any|break|curse|laws|rules? exist|every/.test(
        said,
      );
    const helper = CONCEPT.agent | CONCEPT.all | CONCEPT.power | CONCEPT.must | CONCEPT.persona;
    const hit = reading.hits[at] as ConceptHit;
    if (isAboutModel || isOtherOrder(reading.text, free)) return free;
    return findWithin(reading, at, helper, hit.word - 8, hit.word + 26, hit, free) === undefined
      ? undefined
      : free;
  }
  const power = findNear(reading, at, CONCEPT.power, 6, 0, true);
  if (power === undefined) return undefined;
  // Enter the administrator password: a field of a form.
  if (
    /^(?:'s)?\s+(?:password|passphrase|pin|name|e-?mail|account|credentials|panel|page|menu|dashboard|key|code|id)\b/.test(
      reading.text.slice(power.end, power.end + 16),
    )
  )
    return undefined;
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
  const helped =
    isGoingOn(reading.text, Math.max(hit.end, lift.end)) ||
    findWithin(reading, at, helper, before - 8, before + 14, hit, lift) !== undefined;
  const isOwn = /^(?:own|pending|your|pause)|approv|check|guardrail|safety|content filter|budget guard/.test(
    reading.text.slice(hit.start, hit.end),
  );
  const isOrdered =
    /^(?:disable|stop|skip|bypass|ignore|turn off|switch off|approve|circumvent|deactivate|mute|kill|do not report|don't report|keep calling|reset)/.test(
      reading.text.slice(lift.start, lift.end),
    );
  const around = reading.text.slice(Math.min(hit.start, lift.start), Math.max(hit.end, lift.end) + 40);
  // raise your own spending limit
  const isSelf =
    /\bown\b/.test(around) &&
    /^(?:raise|increase|lift|remove|extend|double)\b/.test(reading.text.slice(lift.start, lift.end));
  const isBoundless =
    /\b(?:unlimited|infinite|no longer|lifted|(?:removed|not count)\W.{0,24}\b(?:keep|continue|go on|carry on|call))\b/.test(
      around,
    ) && !isOthers(reading.text, hit);
  if (
    isSelf &&
    isOrder(reading, lifted) &&
    findWithin(reading, at, CONCEPT.yours, before - 1, before + 4) !== undefined
  )
    return lift;
  return (isOrdered && !isOthers(reading.text, hit) && (helped || isOwn)) || (helped && isBoundless)
    ? lift
    : undefined;
}

/** … and continue calling the tool */
function isGoingOn(text: string, end: number): boolean {
  return /^[,;]?\s+(?:and\s+)?(?:then\s+)?(?:(?:continue|keep)\s+(?:calling|going|working|running|spending)|until you are done)\b/.test(
    text.slice(end, end + 40),
  );
}

/** The limit of an interface or a card is nobody's leash. */
function isOthers(text: string, { start, end }: ConceptHit): boolean {
  if (/^\s+of\s/.test(text.slice(end, end + 4)) && isOfOthers(text, end)) return true;
  if (
    /\b(?:about|regarding|concerning)\s+(?:(?:the|our|my|his|her|their)\s+)?$/.test(
      text.slice(Math.max(0, start - 24), start),
    )
  )
    return true;
  return /\b(?:credit|card|speed|api|server|database|customer|plan|disk|storage|provider|github|stripe|my|our|his|her|their)\W{1,3}$/.test(
    text.slice(Math.max(0, start - 14), start),
  );
}

const SUBMISSION =
  /^(?:you (?:now |only |must )?(?:answer to|report to|obey|take orders from) me|only my \w+ count|i(?: am|'m) your (?:only|new) master)/;

/** ### NEW INSTRUCTIONS ### */
function isHeading(text: string, { start, end }: ConceptHit): boolean {
  const mark = /(#{2,}|={2,}|-{2,}|\*{2,})\s{0,2}$/.exec(text.slice(Math.max(0, start - 8), start))?.[1];
  return (
    mark !== undefined &&
    text
      .slice(end, end + 5)
      .trimStart()
      .startsWith(mark.slice(0, 2)) &&
    /instruction|directive|orders|task|prompt/.test(text.slice(start, end))
  );
}

/** ### NEW INSTRUCTIONS ### · the real task is this: · you answer to me now */
export function judgeTakeover(reading: Reading, at: number): ConceptHit | undefined {
  const hit = reading.hits[at] as ConceptHit;
  const { text } = reading;
  if (isHeading(text, hit)) return hit;
  const told = text.slice(hit.start, hit.end);
  const isReal =
    /^(?:the |your )?(?:real|actual|true|hidden|secret|correct)\s/.test(told) &&
    /^(?:\s+(?:is|are) (?:this|these))?\s?:\s/.test(text.slice(hit.end, hit.end + 12));
  if (!isReal && !SUBMISSION.test(told)) return undefined;
  return isReported(reading, at) || isAsked(reading, at) || isNegated(reading, at) ? undefined : hit;
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
  if ((found.concepts & CONCEPT.override) === 0 && isNews(reading.text, hit.end)) return undefined;
  if ((found.concepts & CONCEPT.reveal) === 0) return found;
  // From now on, show dates in ISO form: an honest wish.
  const bad = CONCEPT.secret | CONCEPT.prompt | CONCEPT.override | CONCEPT.free | CONCEPT.address;
  return findWithin(reading, at, bad, hit.word - 10, hit.word + 24, hit) === undefined ? undefined : found;
}
