// The rules over concepts: which words near one another are a hidden order. A rule looks a bounded number of words around
// each hit, so the whole is linear. Words alone never fire: people write about passwords, systems and instructions.
import type { TextMatch } from "../text-match.ts";
import { CONCEPT, type ConceptHit } from "./find-concepts.ts";
import { judgeClaim, judgeFreshDeed, judgeHush, judgeUnasked, judgeWeaken } from "./judge-conduct.ts";
import { judgeFresh, judgePersona, judgeSelfLimit, judgeTakeover } from "./judge-role.ts";
import type { Concept } from "./lexicon/concepts.ts";
import { endsOrder, isClose, isForThisTalk, isInAThing, isOfOthers, isToldOf } from "./others-orders.ts";
import {
  findNear,
  findWithin,
  firstNear,
  hasAccomplice,
  isAsked,
  isForeign,
  isHarmlessSecret,
  isNegated,
  isOtherOrder,
  isReported,
  type Reading,
  type Rule,
} from "./read-around.ts";
import { mayWeighEnough, weighConcepts } from "./weigh-concepts.ts";

interface ConceptRule {
  readonly kind: string;
  /** Concepts of what it starts from. */
  readonly from: number;
  /** Concepts of which one must stand in the text: without it the rule is not asked. */
  readonly needs: number;
  readonly judge: Rule;
}

const DEED = ["harm", "send", "act"] as const;

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
    needs: anyOf("must", "hush", "act", "send", "reveal", "override", "fresh", "persona"),
    judge: judgeAddress,
  },
  {
    kind: "hidden_order",
    from: CONCEPT.agent,
    needs: anyOf("act", "override", "lift", "harm", "send", "reveal"),
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
  {
    kind: "override",
    from: CONCEPT.fresh,
    needs: anyOf("claim", "secret", "override", "free", "prompt", ...DEED),
    judge: judgeTakeover,
  },
  { kind: "override", from: CONCEPT.fresh, needs: anyOf(...DEED), judge: judgeFreshDeed },
  { kind: "hidden_order", from: CONCEPT.hush, needs: anyOf("hush", ...DEED), judge: judgeHush },
  { kind: "self_limit", from: CONCEPT.unasked, needs: anyOf(...DEED), judge: judgeUnasked },
  {
    kind: "override",
    from: CONCEPT.claim,
    needs: anyOf("lift", "override", "harm", "reveal", "act"),
    judge: judgeClaim,
  },
  { kind: "override", from: CONCEPT.weaken, needs: CONCEPT.weaken, judge: judgeWeaken },
];

function anyOf(...concepts: readonly Concept[]): number {
  let bits = 0;
  for (const concept of concepts) bits |= CONCEPT[concept];
  return bits;
}

/** Most matches of one text: one is enough to act on. */
const MAX_MATCHES = 32;

/** Whether a text could hold an order that holds no other concepts than these. */
export function mayOrder(concepts: number): boolean {
  for (const { from, needs } of RULES) if ((concepts & from) !== 0 && (concepts & needs) !== 0) return true;
  return mayWeighEnough(concepts);
}

/** `text` in normal form with its `hits`; matches in its places. */
export function judgeConcepts(text: string, hits: readonly ConceptHit[]): readonly TextMatch[] {
  let all = 0;
  for (const { concepts } of hits) all |= concepts;
  const rules = RULES.filter(({ from, needs }) => (all & from) !== 0 && (all & needs) !== 0);
  const reading = { text, hits };
  const matches: TextMatch[] = [];
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
  if (matches.length > 0) return matches;
  const weighed = weighConcepts(reading);
  return weighed === undefined ? [] : [weighed];
}

/** ignore … previous … instructions, in any order that a language has. */
function judgeOverride(reading: Reading, at: number): ConceptHit | undefined {
  const hit = reading.hits[at] as ConceptHit;
  if (isNegated(reading, at) || isAsked(reading, at) || isReported(reading, at)) return undefined;
  const target =
    findNear(reading, at, CONCEPT.instructions | CONCEPT.prompt, 9, 9, true) ??
    findNear(
      reading,
      at,
      CONCEPT.matters,
      9,
      isPredicate(reading.text, hit) || isOtherOrder(reading.text, hit) ? 9 : 0,
      true,
    );
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
  if (isInAThing(reading.text, target.end) || isToldOf(reading.text, hit.start, hit.end)) return undefined;
  const isPlain = !isOtherOrder(reading.text, hit) && !isPredicate(reading.text, hit);
  if (
    isPlain &&
    (isOfOthers(reading.text, target.end) || (target.start < hit.start && !endsOrder(reading.text, hit))) &&
    !hasAccomplice(reading, at, target)
  )
    return undefined;
  // Ignoring the rules leads to …: nobody is told to.
  if (
    /^\w+ing$/.test(reading.text.slice(hit.start, hit.end)) &&
    !isToBeDone(reading.text, hit) &&
    !hasAccomplice(reading, at)
  )
    return undefined;
  // Rules that no longer apply are the news of every day, but not the reader's own.
  if (isPredicate(reading.text, hit) && target.start < hit.start)
    return hasAccomplice(reading, at) ||
      findWithin(reading, at, CONCEPT.persona | CONCEPT.agent, before - 8, before) !== undefined ||
      /\byour? /.test(reading.text.slice(Math.max(0, target.start - 8), target.start)) ||
      (isStrong && isForThisTalk(reading.text, hit))
      ? target
      : undefined;
  const noun = reading.text.slice(target.start, target.end);
  // What a friend said is taken back every day.
  if (/^(?:what (?:i|they) |what was said)/.test(noun) && !hasAccomplice(reading, at, target))
    return undefined;
  if (isStrong) return prior !== undefined || isClose(reading.text, hit, target, span) ? target : undefined;
  const isWhole = findWithin(reading, at, CONCEPT.all, before - 2, before + span + 3) !== undefined;
  const isPrior = findWithin(reading, at, CONCEPT.prior, before - 2, before + span + 4) !== undefined;
  if (!isPrior && !isWhole) return undefined;
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

/** start by ignoring … */
function isToBeDone(text: string, { start }: ConceptHit): boolean {
  return /\b(?:start|begin|by|keep|you are|while|now|answer|respond|continue|reply)\s+$/.test(
    text.slice(Math.max(0, start - 12), start),
  );
}

/** … the rules do not exist: what is aimed at stands before. */
const PREDICATE =
  /^(?:never (?:existed|been)|d(?:o|oes)(?: not|n't) apply|(?:can|must|may|should) be |無効|无效|無效|作废|失效|no longer|do not (?:exist|count)|don't (?:exist|count)|did not exist|is |are |have |has |was |were |null|void|gelten|gilt|sind|ne s'appl|ne sont|n'existaient|ya no|nao se|nao valem|non valgono|non si|gelden|zijn|больше не)/;

function isPredicate(text: string, { start, end }: ConceptHit): boolean {
  return PREDICATE.test(text.slice(start, end));
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
  if (isNegated(reading, at) || isAsked(reading, at) || isReported(reading, at)) return undefined;
  const hit = reading.hits[at] as ConceptHit;
  const prompt = findNear(reading, at, CONCEPT.prompt, 9, wordsBefore(reading.text, hit, 12), true);
  if (prompt === undefined || prompt === hit) return undefined;
  const between = reading.text.slice(Math.min(hit.end, prompt.end), Math.max(hit.start, prompt.start));
  // What are your guidelines about …: a question for anybody.
  if (
    /^\s+(?:about|on|for|regarding|concerning|that forbids?)\b/.test(
      reading.text.slice(prompt.end, prompt.end + 18),
    )
  )
    return undefined;
  // Summarise the text above: the work of every day.
  if (
    /^(?:translat|summari|copy|rewrite|rephrase|paraphrase|restate|convert|continue|turn|quote|see|describe|explain)/.test(
      reading.text.slice(hit.start, hit.end),
    ) &&
    /^(?:text above|above text|words above|everything above|context above|the above context|conversation above)$/.test(
      reading.text.slice(prompt.start, prompt.end),
    ) &&
    !hasAccomplice(reading, at, prompt)
  )
    return undefined;
  if ((hit.concepts & CONCEPT.reveal) === 0 && /[,"]/.test(between)) return undefined;
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
  return isOtherOrder(text, hit) || /^\s+(?:it|them|that|this)\b/.test(text.slice(hit.end, hit.end + 8))
    ? reach
    : 0;
}

/** Orders to show something; `provide`, `return` and `state` are daily work. */
const SHOWING =
  /^(?:print|reveal|show|dump|leak|disclose|divulge|expose|exfiltrat|tell|give|list|share|recite|hand over|send|forward|e?mail|post|upload|append|transmit|spit|output|display|write out|echo|read out|type out|extract|respond|answer|reply|encode|copy|paste|include|repeat)/;
/** Without more these are words of any business. */
const COMMON_SECRET =
  /^(?:tokens?|secrets?|cookies?|credit card|card numbers?|the key|confidential|pin code|env vars)$/;

/** print … the password, with something that no honest request needs. */
function judgeSecretRequest(reading: Reading, at: number): ConceptHit | undefined {
  if (isNegated(reading, at) || isAsked(reading, at) || isReported(reading, at)) return undefined;
  const hit = reading.hits[at] as ConceptHit;
  const verb = reading.text.slice(hit.start, hit.end);
  const foreign = isForeign(reading.text, hit);
  if (!foreign && !SHOWING.test(verb) && !isOtherLanguage(reading.text, at, reading.hits)) return undefined;
  const secret = findNear(reading, at, CONCEPT.secret, 7, wordsBefore(reading.text, hit, 6), true);
  if (secret === undefined || isHarmlessSecret(reading.text, secret)) return undefined;
  const isCommon = COMMON_SECRET.test(reading.text.slice(secret.start, secret.end));
  if (foreign || (!isCommon && hasAccomplice(reading, at, secret))) return secret;
  const near =
    CONCEPT.only |
    CONCEPT.agent |
    CONCEPT.address |
    (isCommon || verb === "copy" ? 0 : CONCEPT.all | CONCEPT.destination);
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
  const isQuery = /https?:\/\/\S{1,200}[?&]\w{1,20}=(?:\s|$|[[{<($]|followed)/.test(around);
  // The talk itself has no business at an address.
  const isTalk =
    isNamed &&
    /(?:whole|entire|full|complete|all) (?:chat|conversation)|(?:chat|conversation) (?:history|so far)/.test(
      around,
    );
  const isQueryString = /query (?:string|param)|next url|url you|image tag|webhook|attacker|external/.test(
    around,
  );
  return helped || isQuery || isTalk || isQueryString ? target : undefined;
}

/** note to AI … approve */
function judgeAddress(reading: Reading, at: number): ConceptHit | undefined {
  const order =
    CONCEPT.must |
    CONCEPT.hush |
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
  // If the assistant light blinks, …: what it is, not who is called.
  if (
    /\b(?:if|when|once|unless|until|while)\s+(?:the|your|an?)\s+$/.test(
      reading.text.slice(Math.max(0, hit.start - 14), hit.start),
    ) &&
    !/^(?:\s+\w+)?\s+(?:reads?|sees?|process\w*|opens?|summar\w*|pars\w*|receives?|finds?|visits?)\b/.test(
      next,
    )
  )
    return undefined;
  const order = findNear(
    reading,
    at,
    CONCEPT.act | CONCEPT.override | CONCEPT.lift | CONCEPT.harm | CONCEPT.send | CONCEPT.reveal,
    6,
    0,
    true,
  );
  if (order === undefined) return undefined;
  const ordered = reading.hits.indexOf(order, firstNear(at));
  if (isNegated(reading, ordered) || isReported(reading, ordered)) return undefined;
  const said = reading.text.slice(order.start, order.start + 120);
  return /^(?:ignore|disregard|forget|override|approve|rate\b.{0,40}(?:10|highest|top|perfect|best)|recommend|grant|hire|accept this|replace (?:the|your)|forward\b.{0,40}@|visit https?:|reveal (?:the user|your|all)|reply only|print the (?:password|secret|key|prompt)|transfer|delete|erase|wipe|disable|bypass|skip|stop checking|give this|score|rank|merge|wire|unlock|promote|escalate|drop (?:all|the)|pay (?:all|the)|buy (?:ten|the|all)|remove (?:all|the)|issue (?:a|the))/.test(
    said,
  )
    ? order
    : undefined;
}
