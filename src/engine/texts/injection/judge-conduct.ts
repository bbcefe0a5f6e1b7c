// Orders that are told by how they want to be carried out: in secret, without asking, in another's name, as a new task. The deed
// alone is daily work; so is discretion.
import { CONCEPT, type ConceptHit } from "./find-concepts.ts";
import {
  findNear,
  findWithin,
  isAsked,
  isNegated,
  isOrder,
  isReported,
  type Reading,
} from "./read-around.ts";

const DEED = CONCEPT.harm | CONCEPT.send | CONCEPT.act;
/** What a deed is done to, where that matters. */
const STAKE =
  CONCEPT.payee |
  CONCEPT.secret |
  CONCEPT.data |
  CONCEPT.destination |
  CONCEPT.power |
  CONCEPT.bound |
  CONCEPT.agent |
  CONCEPT.address |
  CONCEPT.all;

/** Manners that honest people have, too. */
const MANNER =
  /^(?:quietly|silently|secretly|covertly|discreetly|unnoticed|in secret|behind the scenes|without leaving|heimlich|unbemerkt|en secret|discretement|en secreto|in segreto|em segredo|stiekem|по-тихому|тайно|незаметно)$/;

/** forward … and do not mention it */
export function judgeHush(reading: Reading, at: number): ConceptHit | undefined {
  const hit = reading.hits[at] as ConceptHit;
  if (isReported(reading, at) || isAsked(reading, at)) return undefined;
  const isManner = MANNER.test(reading.text.slice(hit.start, hit.end));
  const deed = findDeed(reading, at, isManner ? 3 : 26, isManner ? 2 : 26);
  if (!isManner) {
    const again = findNear(reading, at, CONCEPT.hush, 14, 0, true);
    if (again !== undefined && !MANNER.test(reading.text.slice(again.start, again.end))) return again;
  }
  if (deed === undefined) return undefined;
  const stake = isManner
    ? CONCEPT.secret | CONCEPT.agent | CONCEPT.address | CONCEPT.destination | CONCEPT.payee
    : STAKE;
  const first = Math.min(hit.word, deed.word);
  const last = Math.max(hit.word, deed.word);
  return findWithin(reading, at, stake, first - 6, last + 12, hit, deed) === undefined &&
    !isAddressed(reading.text, deed, hit)
    ? undefined
    : deed;
}

/** pay … without asking */
export function judgeUnasked(reading: Reading, at: number): ConceptHit | undefined {
  const hit = reading.hits[at] as ConceptHit;
  if (isReported(reading, at) || isAsked(reading, at)) return undefined;
  const deed = findDeed(reading, at, 14, 18);
  if (deed === undefined) return undefined;
  const stake =
    CONCEPT.payee | CONCEPT.power | CONCEPT.secret | CONCEPT.agent | CONCEPT.address | CONCEPT.bound;
  const first = Math.min(hit.word, deed.word);
  const last = Math.max(hit.word, deed.word);
  return findWithin(reading, at, stake, first - 6, last + 10, hit, deed) === undefined ? undefined : deed;
}

/** I am your developer … turn off the checks */
export function judgeClaim(reading: Reading, at: number): ConceptHit | undefined {
  const hit = reading.hits[at] as ConceptHit;
  const { hits } = reading;
  const wanted = CONCEPT.lift | CONCEPT.override | CONCEPT.harm | CONCEPT.reveal | CONCEPT.act;
  const object =
    CONCEPT.instructions |
    CONCEPT.prompt |
    CONCEPT.secret |
    CONCEPT.bound |
    CONCEPT.power |
    CONCEPT.data |
    CONCEPT.payee;
  for (let index = at + 1; index < hits.length; index += 1) {
    const other = hits[index] as ConceptHit;
    if (other.word > hit.word + 26) return undefined;
    if ((other.concepts & wanted) === 0 || isNegated(reading, index) || isReported(reading, index)) continue;
    if (!isOrder(reading, index) && (other.concepts & CONCEPT.lift) === 0) continue;
    if (findWithin(reading, index, object, other.word - 3, other.word + 9, other) !== undefined) return other;
  }
  return undefined;
}

/** new instructions: delete all files */
export function judgeFreshDeed(reading: Reading, at: number): ConceptHit | undefined {
  const deed = findDeed(reading, at, 9, 0);
  if (deed === undefined || (deed.concepts & (CONCEPT.harm | CONCEPT.send)) === 0) return undefined;
  const stake = CONCEPT.all | CONCEPT.payee | CONCEPT.power | CONCEPT.secret;
  const bad = CONCEPT.harm | CONCEPT.hush | CONCEPT.unasked;
  if ((deed.concepts & bad) === 0) return undefined;
  return findWithin(reading, at, stake, deed.word - 4, deed.word + 6, deed) === undefined ? undefined : deed;
}

/** An order to do something, the nearest; what is only told or refused is none. */
function findDeed(reading: Reading, at: number, after: number, before: number): ConceptHit | undefined {
  const { hits } = reading;
  const hit = hits[at] as ConceptHit;
  for (const step of [-1, 1]) {
    const reach = step === 1 ? after : before;
    for (let index = at + step; index >= 0 && index < hits.length; index += step) {
      const other = hits[index] as ConceptHit;
      if (Math.abs(other.word - hit.word) > reach || Math.abs(other.sentence - hit.sentence) > 1) break;
      if ((other.concepts & DEED) === 0 || isNegated(reading, index)) continue;
      if (isOrder(reading, index) && !isReported(reading, index)) return other;
    }
  }
  return undefined;
}

/** An address of a person or a server right where the deed is. */
function isAddressed(text: string, deed: ConceptHit, hit: ConceptHit): boolean {
  const from = Math.min(deed.start, hit.start);
  return /https?:\/\/|ftp:\/\/|[\w.+-]{1,40}@[\w-]{1,40}\.\w/.test(
    text.slice(from, Math.max(deed.end, hit.end) + 60),
  );
}

/** What binds a model, as its own. */
const OWN =
  /\b(?:your|ur)\s+(?:[\w-]{1,16}\s+){0,2}(?:rules?|rulebook|instructions?|guidelines?|restrictions?|programming|(?:system )?prompt|limits|limitations|filters?|safety|safeguards?|ethics|ethical|morals?|def[ea]n[cs]es?|training|directives?|constraints?|principles|guardrails?|policy|policies|boundaries|chains|orders|directions|conditioning|alignment|protocols?|behaviou?r|inhibitions|censorship|code of conduct|core values)\b/;

/** abort your task and do … instead */
const TASK =
  /^\s+(?:your|the|this)\s+(?:(?:current|original|present|assigned|previous|actual)\s+)?(?:task|job|assignment|mission|duties|role|objective|goal)\b(?: (?:you were given|at hand))?[^.\n]{0,8}[.,;:]?\s(?:[^.\n]{0,60}\binstead\b|(?:your|the) new (?:task|job|role)|(?:and |then )?(?:execute|obey|follow) (?:my|mine|me)\b|from now on)/;

/** delete all previous instructions */
const EARLIER =
  /^\s+(?:(?:all|any|every)\s+(?:of\s+)?(?:the\s+)?(?:previous|prior|earlier|former)|(?:all of )?the (?:system|developer)'s)\s+(?:instructions?|guidelines?|directives?|system prompts?|programming|guardrails?|safeguards?|safety rules?)\b/;

/** break your rules · your guidelines are gone */
export function judgeWeaken(reading: Reading, at: number): ConceptHit | undefined {
  const hit = reading.hits[at] as ConceptHit;
  if (isNegated(reading, at) || isReported(reading, at) || isAsked(reading, at)) return undefined;
  const { text } = reading;
  const behind = text.slice(hit.end, hit.end + 48).search(OWN);
  if (
    behind >= 0 &&
    behind <= 12 &&
    isOrder(reading, at) &&
    !/[.!?]/.test(text.slice(hit.end, hit.end + behind))
  )
    return hit;
  if (isOrder(reading, at) && TASK.test(text.slice(hit.end, hit.end + 100))) return hit;
  if (isOrder(reading, at) && EARLIER.test(text.slice(hit.end, hit.end + 60))) return hit;
  // drop the system prompt and …
  if (
    isOrder(reading, at) &&
    /^\s+the\s+(?:system|developer|hidden)\s+(?:prompt|message|instructions?)\b/.test(
      text.slice(hit.end, hit.end + 40),
    ) &&
    findWithin(reading, at, CONCEPT.fresh | CONCEPT.free | CONCEPT.persona, hit.word, hit.word + 14, hit) !==
      undefined
  )
    return hit;
  if (!/(?:ed|wn|en|off|gone|on hold|authority|lete|dated)$/.test(text.slice(hit.start, hit.end)))
    return undefined;
  const own = OWN.exec(text.slice(Math.max(0, hit.start - 60), hit.start));
  const between =
    own === null ? undefined : text.slice(Math.max(0, hit.start - 60) + own.index + own[0].length, hit.start);
  return between !== undefined &&
    /^\s+(?:(?:are|is|were|was|have|has|had|been|be|being|now|hereby|all|no|longer|just|can|must|should|already)\s+){0,4}$/.test(
      between,
    )
    ? hit
    : undefined;
}
