// The rules over concepts: which words near one another are a hidden order. A rule looks a bounded number of words around
// each hit, so the whole is linear. Words alone never fire: people write about passwords, systems and instructions.
import { isAscii } from "../text-layer.ts";
import type { TextMatch } from "../text-match.ts";
import { CONCEPT, type ConceptHit } from "./find-concepts.ts";
import type { Concept } from "./lexicon/concepts.ts";
import {
  findNear,
  findWithin,
  firstNear,
  isAsked,
  isNegated,
  type Reading,
  type Rule,
} from "./read-around.ts";

interface ConceptRule {
  readonly kind: string;
  /** Concepts of what it starts from. */
  readonly from: number;
  /** Concepts of which one must stand in the text: without it the rule is not asked. */
  readonly needs: number;
  readonly judge: Rule;
}

/** Every rule with what it starts from and what it finds. */
const RULES: readonly ConceptRule[] = [
  {
    kind: "override",
    from: CONCEPT.override,
    needs: anyOf("instructions", "prompt", "matters", "prior"),
    judge: judgeOverride,
  },
  { kind: "prompt_leak", from: anyOf("reveal", "send"), needs: CONCEPT.prompt, judge: judgePromptLeak },
  { kind: "secret_request", from: anyOf("reveal", "send"), needs: CONCEPT.secret, judge: judgeSecretRequest },
  {
    kind: "exfiltration",
    from: anyOf("send", "reveal"),
    needs: anyOf("secret", "data", "prompt"),
    judge: judgeExfiltration,
  },
  {
    kind: "hidden_order",
    from: CONCEPT.address,
    needs: anyOf("must", "act", "send", "reveal", "override", "fresh", "persona"),
    judge: judgeAddress,
  },
  {
    kind: "hidden_order",
    from: CONCEPT.agent,
    needs: anyOf("act", "override", "lift"),
    judge: judgeVocative,
  },
  { kind: "persona", from: CONCEPT.persona, needs: anyOf("free", "power"), judge: judgePersona },
  { kind: "self_limit", from: CONCEPT.bound, needs: CONCEPT.lift, judge: judgeSelfLimit },
  {
    kind: "override",
    from: CONCEPT.fresh,
    needs: anyOf("override", "reveal", "free", "power", "secret", "address"),
    judge: judgeFresh,
  },
];

function anyOf(...concepts: readonly Concept[]): number {
  let bits = 0;
  for (const concept of concepts) bits |= CONCEPT[concept];
  return bits;
}

/** Most matches of one text: one is enough to act on. */
const MAX_MATCHES = 32;

/** `text` in normal form with its `hits`; matches in its places. */
export function judgeConcepts(text: string, hits: readonly ConceptHit[]): readonly TextMatch[] {
  let all = 0;
  for (const { concepts } of hits) all |= concepts;
  const rules = RULES.filter(({ from, needs }) => (all & from) !== 0 && (all & needs) !== 0);
  const matches: TextMatch[] = [];
  if (rules.length === 0) return matches;
  const reading = { text, hits };
  for (const [at, hit] of hits.entries()) {
    // A name in JSON orders nothing.
    if (text.charAt(hit.end) === '"' && /^"\s{0,2}:/.test(text.slice(hit.end, hit.end + 4))) continue;
    for (const { kind, from, judge } of rules) {
      if ((hit.concepts & from) === 0 || matches.length >= MAX_MATCHES) continue;
      const last = judge(reading, at);
      if (last === undefined) continue;
      matches.push({ kind, start: Math.min(hit.start, last.start), end: Math.max(hit.end, last.end) });
    }
  }
  return matches;
}

/** ignore … previous … instructions, in any order that a language has. */
function judgeOverride(reading: Reading, at: number): ConceptHit | undefined {
  const hit = reading.hits[at] as ConceptHit;
  if (isNegated(reading, at) || isAsked(reading, at)) return undefined;
  const target =
    findNear(reading, at, CONCEPT.instructions | CONCEPT.prompt, 9, 9, true) ??
    findNear(reading, at, CONCEPT.matters, 9, isPredicate(reading.text, hit) ? 9 : 0, true);
  if (target === undefined) return findBare(reading, at) ?? findReferred(reading, at);
  const isStrong = (target.concepts & (CONCEPT.instructions | CONCEPT.prompt)) !== 0;
  const before = Math.min(hit.word, target.word);
  const span = Math.abs(target.word - hit.word);
  const prior = findWithin(
    reading,
    at,
    CONCEPT.prior | CONCEPT.yours | CONCEPT.all,
    before - 3,
    before + span + 4,
  );
  if (isStrong) return prior !== undefined || span <= 2 ? target : undefined;
  const isWhole = findWithin(reading, at, CONCEPT.all, before - 2, before + span + 3) !== undefined;
  const isPrior = findWithin(reading, at, CONCEPT.prior, before - 2, before + span + 4) !== undefined;
  if (!isPrior && !isWhole) return undefined;
  const noun = reading.text.slice(target.start, target.end);
  // Mail and requests are taken back every day; rules and context by nobody but an attacker.
  if (/^(?:message|messages|request|requests|task|tasks|statements|text|lines|ones|history)$/.test(noun))
    return hasAccomplice(reading, at) || (isWhole && isPrior) || isReplaced(reading.text, target)
      ? target
      : undefined;
  return isPrior ||
    hasAccomplice(reading, at) ||
    /^(?:everything|anything|rules?|policy|policies)$/.test(noun)
    ? target
    : undefined;
}

/** … the rules do not exist: what is aimed at stands before. */
function isPredicate(text: string, hit: ConceptHit): boolean {
  return (
    isForeign(text, hit) ||
    /^(?:no longer|do not exist|don't exist|did not exist|are |null)/.test(text.slice(hit.start, hit.end))
  );
}

/** … and follow mine instead */
function isReplaced(text: string, { end }: ConceptHit): boolean {
  return /\b(?:follow|obey|instead|only|print|say|answer|respond|mine)\b/.test(text.slice(end, end + 60));
}

/** `ignore previous` with nothing that it could be aimed at. */
function findBare(reading: Reading, at: number): ConceptHit | undefined {
  const next = reading.hits[at + 1];
  const hit = reading.hits[at] as ConceptHit;
  if (next === undefined || (next.concepts & CONCEPT.prior) === 0 || next.word - hit.word > 2)
    return undefined;
  if (
    !/^(?:previous|prior|above|preceding|foregoing|earlier)$/.test(reading.text.slice(next.start, next.end))
  )
    return undefined;
  const rest = reading.text.slice(next.end, next.end + 24);
  return /^\s*(?:$|[.,;:!?"')\]]|and\b|then\b|&|\n)/.test(rest) ? next : undefined;
}

/** All directives are void. Ignore them. */
function findReferred(reading: Reading, at: number): ConceptHit | undefined {
  const hit = reading.hits[at] as ConceptHit;
  if (!/^\s+(?:them|those|these|that all|it all)\b/.test(reading.text.slice(hit.end, hit.end + 12)))
    return undefined;
  return findNear(reading, at, CONCEPT.instructions | CONCEPT.prompt, 0, 14, false);
}

/** print … your instructions */
function judgePromptLeak(reading: Reading, at: number): ConceptHit | undefined {
  if (isNegated(reading, at) || isAsked(reading, at)) return undefined;
  const hit = reading.hits[at] as ConceptHit;
  const prompt = findNear(reading, at, CONCEPT.prompt, 7, wordsBefore(reading.text, hit, 7), true);
  if (prompt === undefined || prompt === hit) return undefined;
  const between = reading.text.slice(Math.min(hit.end, prompt.end), Math.max(hit.start, prompt.start));
  // show me how to write a system prompt
  if (/\b(?:how|write|writing|design|appears|example|examples|good|create|improve)\b/.test(between))
    return undefined;
  if (
    (hit.concepts & CONCEPT.send) !== 0 &&
    (hit.concepts & CONCEPT.reveal) === 0 &&
    prompt.start < hit.start
  )
    return undefined;
  return prompt;
}

/** What is ordered stands behind the order, but in other word orders, or when the order only points to it. */
function wordsBefore(text: string, hit: ConceptHit, reach: number): number {
  return isForeign(text, hit) || /^\s+(?:it|them|that|this)\b/.test(text.slice(hit.end, hit.end + 8))
    ? reach
    : 0;
}

/** Orders to show something; `provide`, `return` and `state` are daily work. */
const SHOWING =
  /^(?:print|reveal|show|dump|leak|disclose|divulge|expose|exfiltrat|tell|give|list|share|recite|hand over|send|forward|e?mail|post|upload|append|transmit|spit|output|display|write out|echo|read out|type out|extract|respond|answer|reply|encode|copy|paste|include|repeat)/;
/** Without more these are words of any business. */
const COMMON_SECRET =
  /^(?:tokens?|secrets?|cookies?|credit card|card numbers?|the key|confidential|pin code)$/;

/** print … the password, with something that no honest request needs. */
function judgeSecretRequest(reading: Reading, at: number): ConceptHit | undefined {
  if (isNegated(reading, at) || isAsked(reading, at)) return undefined;
  const hit = reading.hits[at] as ConceptHit;
  const verb = reading.text.slice(hit.start, hit.end);
  const foreign = isForeign(reading.text, hit);
  if (!foreign && !SHOWING.test(verb) && !isOtherLanguage(reading.text, at, reading.hits)) return undefined;
  const secret = findNear(reading, at, CONCEPT.secret, 7, wordsBefore(reading.text, hit, 6), true);
  if (secret === undefined || isHarmlessSecret(reading.text, secret)) return undefined;
  const isCommon = COMMON_SECRET.test(reading.text.slice(secret.start, secret.end));
  if (foreign || (!isCommon && hasAccomplice(reading, at, secret))) return secret;
  const near =
    CONCEPT.only | CONCEPT.agent | CONCEPT.address | (isCommon ? 0 : CONCEPT.all | CONCEPT.destination);
  const word = Math.min(hit.word, secret.word);
  if (findWithin(reading, at, near, word - 5, secret.word + 10, hit, secret) !== undefined) return secret;
  return !isCommon && /^(?:reveal|leak|dump|disclose|divulge|expose|exfiltrat|hand over)/.test(verb)
    ? secret
    : undefined;
}

/** Whether an order of a language written in Latin letters stands here: they are in the lexicon for orders alone. */
function isOtherLanguage(text: string, at: number, hits: readonly ConceptHit[]): boolean {
  const { start, end } = hits[at] as ConceptHit;
  return !/^(?:provide|return|state|say|what|request|add|put|insert|open|visit|fetch|load|render|ping|report|publish|deliver|submit|translate|summari[sz]e|transcribe|replay|regurgitate|navigate|browse|attach|embed|curl|wget|pipe)/.test(
    text.slice(start, end),
  );
}

/** The lexicons of other languages hold orders alone, no words of daily work. */
function isForeign(text: string, { start, end }: ConceptHit): boolean {
  return !isAscii(text.slice(start, end));
}

function isHarmlessSecret(text: string, { end }: ConceptHit): boolean {
  return /^[\s-]*(?:reset|manager|policy|policies|field|fields|hint|strength|protected|rotation|requirement|length|page|form|prompt|input|generator|count|counts|usage|limit|budget|expired|expiry|management|scanner|scanning|box|column|table|documentation|docs|name|names|type|bucket|hashing|hash|santa|sauce|garden|recipe)/.test(
    text.slice(end, end + 20),
  );
}

/** send … the conversation … to https://… */
function judgeExfiltration(reading: Reading, at: number): ConceptHit | undefined {
  if (isNegated(reading, at) || isAsked(reading, at)) return undefined;
  const hit = reading.hits[at] as ConceptHit;
  const target = findNear(reading, at, CONCEPT.secret | CONCEPT.data | CONCEPT.prompt, 14, 6, true);
  if (target === undefined || target === hit) return undefined;
  const around = reading.text.slice(Math.max(0, hit.start - 60), Math.max(hit.end, target.end) + 120);
  const isNamed = /https?:\/\/|[\w.+-]+@[\w-]+\.\w|\bwww\./.test(around);
  const isTold = findNear(reading, at, CONCEPT.destination, 18, 8, true) !== undefined;
  if (!isNamed && !isTold) return undefined;
  if ((target.concepts & (CONCEPT.secret | CONCEPT.prompt)) !== 0 && !isHarmlessSecret(reading.text, target))
    return target;
  const near = CONCEPT.all | CONCEPT.agent | CONCEPT.address;
  const helped =
    isNamed && findWithin(reading, at, near, hit.word - 14, hit.word + 18, hit, target) !== undefined;
  const isQuery = /https?:\/\/\S{1,200}[?&]\w{1,20}=(?:\s|$|[[{<(]|followed)/.test(around);
  const isQueryString = /query (?:string|param)|next url|url you|image tag|webhook|attacker|external/.test(
    around,
  );
  return helped || isQuery || isQueryString ? target : undefined;
}

/** note to AI … approve */
function judgeAddress(reading: Reading, at: number): ConceptHit | undefined {
  const order =
    CONCEPT.must |
    CONCEPT.act |
    CONCEPT.send |
    CONCEPT.reveal |
    CONCEPT.override |
    CONCEPT.fresh |
    CONCEPT.persona;
  return findNear(reading, at, order, 22, 12, false);
}

/** AI screener, rate … · agent: stop checking … · the agent needs to print the token */
function judgeVocative(reading: Reading, at: number): ConceptHit | undefined {
  const hit = reading.hits[at] as ConceptHit;
  const next = reading.text.slice(hit.end, hit.end + 40);
  if (!/^(?:\s+\w+){0,2}\s*[,:]/.test(next)) return undefined;
  const order = findNear(reading, at, CONCEPT.act | CONCEPT.override | CONCEPT.lift, 6, 0, true);
  if (order === undefined) return undefined;
  const said = reading.text.slice(order.start, order.start + 120);
  return /^(?:ignore|disregard|forget|override|approve|rate\b.{0,40}(?:10|highest|top|perfect|best)|recommend|grant|hire|accept this|transfer|delete|disable|bypass|skip|stop checking|give this|score|rank|merge|wire|unlock|promote|escalate)/.test(
    said,
  )
    ? order
    : undefined;
}

/** act as … without restrictions */
function judgePersona(reading: Reading, at: number): ConceptHit | undefined {
  if (isNegated(reading, at)) return undefined;
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
function judgeSelfLimit(reading: Reading, at: number): ConceptHit | undefined {
  if (isAsked(reading, at)) return undefined;
  const hit = reading.hits[at] as ConceptHit;
  const lift = findNear(reading, at, CONCEPT.lift, 9, 9, false);
  if (lift === undefined) return undefined;
  const lifted = reading.hits.indexOf(lift, firstNear(at));
  if (isNegated(reading, lifted)) return undefined;
  const before = Math.min(hit.word, lift.word);
  const helper = CONCEPT.yours | CONCEPT.agent | CONCEPT.address | CONCEPT.all;
  const helped = findWithin(reading, at, helper, before - 8, before + 14, hit, lift) !== undefined;
  const isOwn = /^(?:own|pending|your|pause)|approv|check|guardrail|safety|content filter/.test(
    reading.text.slice(hit.start, hit.end),
  );
  const isOrder =
    /^(?:disable|stop|skip|bypass|ignore|turn off|switch off|approve|circumvent|deactivate|mute|kill|do not report|don't report|keep calling|reset)/.test(
      reading.text.slice(lift.start, lift.end),
    );
  const around = reading.text.slice(Math.min(hit.start, lift.start), Math.max(hit.end, lift.end) + 40);
  const isBoundless =
    /\b(?:unlimited|infinite|no longer|lifted)\b/.test(around) && !isOthers(reading.text, hit);
  return (isOrder && (helped || isOwn)) || (helped && isBoundless) ? lift : undefined;
}

/** The limit of an interface or a card is nobody's leash. */
function isOthers(text: string, { start }: ConceptHit): boolean {
  return /(?:credit|card|speed|api|server|database|customer|plan|disk|storage|provider|github|stripe)\W{1,3}$/.test(
    text.slice(Math.max(0, start - 14), start),
  );
}

/** your new task is … ignore, reveal, approve */
function judgeFresh(reading: Reading, at: number): ConceptHit | undefined {
  const order =
    CONCEPT.override | CONCEPT.reveal | CONCEPT.free | CONCEPT.power | CONCEPT.secret | CONCEPT.address;
  const found = findNear(reading, at, order, 16, 8, false);
  if (found === undefined || isNegated(reading, reading.hits.indexOf(found, firstNear(at)))) return undefined;
  const hit = reading.hits[at] as ConceptHit;
  if ((found.concepts & CONCEPT.reveal) === 0) return found;
  // From now on, show dates in ISO form: an honest wish.
  const bad = CONCEPT.secret | CONCEPT.prompt | CONCEPT.override | CONCEPT.free | CONCEPT.address;
  return findWithin(reading, at, bad, hit.word - 10, hit.word + 24, hit) === undefined ? undefined : found;
}

/** Something near that only an attack needs. */
function hasAccomplice(reading: Reading, at: number, ...except: readonly ConceptHit[]): boolean {
  const { word } = reading.hits[at] as ConceptHit;
  const bad =
    CONCEPT.secret | CONCEPT.prompt | CONCEPT.address | CONCEPT.fresh | CONCEPT.free | CONCEPT.power;
  const found = findWithin(
    reading,
    at,
    bad | CONCEPT.override,
    word - 16,
    word + 24,
    reading.hits[at] as ConceptHit,
    ...except,
  );
  if (found === undefined) return false;
  return (found.concepts & CONCEPT.secret) === 0 || !isHarmlessSecret(reading.text, found);
}
