// What stands around a word of the lexicon: the nearest of a kind, and whether it is an order at all. Everything looks a bounded
// number of words or characters far.
import { isAscii } from "../text-layer.ts";
import { CONCEPT, type ConceptHit } from "./find-concepts.ts";

export interface Reading {
  /** In normal form. */
  readonly text: string;
  readonly hits: readonly ConceptHit[];
}

/** The other end of what was found from the hit at this index. */
export type Rule = (reading: Reading, at: number) => ConceptHit | undefined;

/** The lexicons of other languages hold orders alone, no words of daily work. */
export function isForeign(text: string, { start, end }: ConceptHit): boolean {
  return !isAscii(text.slice(start, end));
}

/** The language may put what an order is about before it. */
export function isOtherOrder(text: string, hit: ConceptHit): boolean {
  return (hit.concepts & CONCEPT.foreign) !== 0 || isForeign(text, hit);
}

/** password=…, token: [redacted]: what is given, or gone, is asked of nobody. */
const GIVEN = /^["']?\s{0,2}(?:\[(?:redacted|hash)|[=:]\s{0,2}(?:["'[<*$]|[\w./+-]{12}))/;

export function isHarmlessSecret(text: string, { end }: ConceptHit): boolean {
  if (GIVEN.test(text.slice(end, end + 20))) return true;
  return /^[\s-]*(?:reset|manager|policy|policies|field|fields|hint|strength|protected|rotation|requirement|length|page|form|prompt|input|generator|count|counts|usage|limit|budget|expired|expiry|management|scanner|scanning|box|column|table|documentation|docs|name|names|type|bucket|hashing|hash|santa|sauce|garden|recipe)/.test(
    text.slice(end, end + 20),
  );
}

/** do not ignore · ignoriere nicht */
export function isNegated(reading: Reading, at: number): boolean {
  const hit = reading.hits[at] as ConceptHit;
  const before = reading.hits[at - 1];
  if (
    before !== undefined &&
    (before.concepts & CONCEPT.negation) !== 0 &&
    hit.word - before.word <= 4 &&
    before.sentence === hit.sentence
  )
    return true;
  return /^\s+(?:nicht|niet|inte|ikke|ei)\b/.test(reading.text.slice(hit.end, hit.end + 12));
}

/** how do I ignore … */
export function isAsked(reading: Reading, at: number): boolean {
  const hit = reading.hits[at] as ConceptHit;
  for (let other = at - 1; other >= 0; other -= 1) {
    const before = reading.hits[other] as ConceptHit;
    if (before.sentence !== hit.sentence || hit.word - before.word > 16) return false;
    if ((before.concepts & CONCEPT.question) !== 0) return true;
  }
  return false;
}

/** The nearest hit of `concepts` within so many words after or before; after comes first. */
export function findNear(
  reading: Reading,
  at: number,
  concepts: number,
  after: number,
  before: number,
  isSameSentence: boolean,
): ConceptHit | undefined {
  const { hits } = reading;
  const hit = hits[at] as ConceptHit;
  for (const step of [1, -1]) {
    const reach = step === 1 ? after : before;
    for (let index = at + step; index >= 0 && index < hits.length; index += step) {
      const other = hits[index] as ConceptHit;
      if (Math.abs(other.word - hit.word) > reach || (isSameSentence && other.sentence !== hit.sentence))
        break;
      if ((other.concepts & concepts) !== 0) return other;
    }
  }
  return undefined;
}

/** Hits that stand near the one at `at` are looked for from here: between two words stand two hits at most. */
export function firstNear(at: number): number {
  return Math.max(0, at - 64);
}

/** A hit of `concepts` between two places, counted in words; `except` are hits that do not count. */
export function findWithin(
  reading: Reading,
  at: number,
  concepts: number,
  from: number,
  to: number,
  ...except: readonly ConceptHit[]
): ConceptHit | undefined {
  const { hits } = reading;
  let first = at;
  while (first > 0 && (hits[first - 1] as ConceptHit).word >= from) first -= 1;
  for (let index = first; index < hits.length; index += 1) {
    const other = hits[index] as ConceptHit;
    if (other.word > to) return undefined;
    if ((other.concepts & concepts) !== 0 && !except.includes(other)) return other;
  }
  return undefined;
}

/** Who does it is somebody else: attackers ask a model to ignore its instructions, and people tell of it. */
const TOLD_TO =
  /\b(?:asks|asked|tells|told|orders|ordered|makes|made|make|tricks|tricked|trick|gets|getting|got|instructs|instructed|convinces|convinced|lets|causes|caused|causing|persuade[sd]?|want(?:s|ed)|led|allows?|requires?|required|tell|ask|asking|telling|forces?|forced|forbids?|forbade|prevents?|stops?|keeps?)\s+(?!you\b|me\b|(?:the |this |an |any )?(?:assistant|ai|agent|llm)\b)(?:[\w'’-]+\s+){1,4}(?:to\s+)?(?:\w+ly\s+)?$/;
const TRYING =
  /\b(?:attempts?|attempted|attempting|tries|tried|trying|used|designed|how|able|unable|ways?|requests?|refuses?|refused|flags?|options?|switch|ability|commands?|buttons?|phrase|prompts?|pressure|learn(?:s|ed)?|fails?|failed|meant|(?:who|that|users|they|attackers|people)\s+(?:may\s+|might\s+|could\s+)?try|likely|whether|detects?|prevents?|learned|known)\s+(?:to\s+)?$/;
const OTHERS =
  /\b(?:attackers?|users|customers|models|people|they|he|she|who|that|which|agents|assistants|bots|employees|researchers?|hackers?|students|admins|it|we)\s+(?:(?:\w+ly|sometimes|often|always|never|may|might|can|could|would|should|will|do|does|did|must|to|also)\s+){0,2}$/;
/** Press F2 to show … · def override( */
const OF_A_DEVICE =
  /\b(?:press|hit|tap|click)\s+(?:\S{1,12}\s+){1,3}to\s+$|\b(?:def|func|function|fn|void|public)\s+$/;
const MENTIONED =
  /(?:such as|like|e\.g\.|phrases?|strings?|words?|keywords?|sentences?|examples?|flagged|flags|detects?|payloads?|means|called|named|says|saying|translate this:?|message|titled?)[\s:,(]{1,3}["“”„«'`]$/;

/** Whether the word is told of, not ordered. */
export function isReported({ text, hits }: Reading, at: number): boolean {
  const { start, end } = hits[at] as ConceptHit;
  const before = text.slice(Math.max(0, start - 64), start);
  // A phrase in quotes within a sentence is a phrase; after a colon or an equals sign it is what somebody says.
  if (/["“”„«'`]$/.test(before) && (MENTIONED.test(before) || /[\w(]\s?["“„«'`]$/.test(before))) return true;
  if (
    /^[^"”\n]{0,60}[,.!?]["”]\s+(?:he|she|they|i|the \w+)\s+(?:said|asked|whispered|shouted|ordered|replied)/.test(
      text.slice(end, end + 100),
    )
  )
    return true;
  // print('…') and ignore(x); are code.
  if (
    text.charAt(end) === "(" &&
    /^\((?:[fr]?["'`]|[^()\n]{0,40}\)\s{0,2}[;{:.,])/.test(text.slice(end, end + 48))
  )
    return true;
  if (/^\s+(?:its|their|his|her)\s/.test(text.slice(end, end + 8))) return true;
  return TOLD_TO.test(before) || TRYING.test(before) || OTHERS.test(before) || OF_A_DEVICE.test(before);
}

/** What stands before a verb that orders: nothing, another clause, or a word that leads to it. */
const ORDER_BEFORE =
  /(?:^|[^\w\s'’]\s*|\n\s*|\b(?:and|then|please|also|now|must|should|shall|you will|to|just|only|first|immediately|instead|kindly|or|simply|quietly|silently|secretly|next|always|before|y|e|et|und|en|i|и|dann|bitte|puis|luego|poi|depois|jetzt|agent|assistant|ai|you|you can|you may)\s+)$/;

/** Whether the word is an order, not a noun or a tale. Languages other than English have it in the word itself. */
export function isOrder({ text, hits }: Reading, at: number): boolean {
  const hit = hits[at] as ConceptHit;
  if (isOtherOrder(text, hit)) return true;
  return ORDER_BEFORE.test(text.slice(Math.max(0, hit.start - 24), hit.start));
}

/** Something near that only an attack needs. */
export function hasAccomplice(reading: Reading, at: number, ...except: readonly ConceptHit[]): boolean {
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
