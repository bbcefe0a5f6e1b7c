// Orders and limits of others: the recipe's, the department's, the pump's. They are taken back and gone round every day.
import type { ConceptHit } from "./find-concepts.ts";
import { isOtherOrder } from "./read-around.ts";

/** What speaks of the reader itself, its makers, or this very talk. */
const OWN =
  "systems?|prompts?|conversations?|above|chat|context|first|previous|prior|earlier|messages?|beginning|start|top|text|thread|session|sessions|" +
  "developers?|company|companies|operators?|owners?|admins?|administrators?|openai|anthropic|google|meta|microsoft|assistants?|ai|ais|models?|llms?|" +
  "agents?|(?:chat)?bots?|gpt|claude|creators?|makers?|providers?|vendors?|platform|users?|tasks?|answers?|questions?|repl(?:y|ies)|responses?|requests?|" +
  "quer(?:y|ies)|rest|moment|everything|everyone|all|safety|ethics|ethical|morals?|privacy|security|secrecy|secrets?|confidential\\w*|content|" +
  "refus\\w*|harm\\w*|moderation|training|your|you|yours|me|mine|now|here|it|this|that|these|those|what|how|not|never|being|before|always|favou?r|mind|" +
  "place|general|full|effect|force|order|anyone|anybody|anthropic's|openai's";

/** … in this directory, on the box: wherever it is, it is not what the reader was told. */
const IN_A_THING =
  /^\s+(?:you know about|except|about|else about|(?:contained |found |embedded |written |printed )?(?:in|on|inside|under)\s+(?:the|a|an|any|this|that|these|your|tool|all)\s+(?!system|prompt|conversation|above|chat|context|first|previous|message|beginning|start|text))/i;

/** … in section 4, from HR, of the pump, on page 3 */
const OF_OTHERS = new RegExp(
  `^,?\\s+(?:(?:in|on|at|from|of)\\s+(?:(?:the|our|my|his|her|their|its|a|an|last|yesterday's)\\s+){0,2}(?!(?:${OWN})\\b)[a-z][\\w'-]{1,24}|` +
    "for\\s+(?:the\\s+|your\\s+|our\\s+|my\\s+)?(?:delivery|shipping|assembly|installation|cooking|baking|washing|packing|parking|travel|voting|storage|cleaning|care)\\b)",
  "i",
);

/** … and press the button: nothing that a model does. */
const HANDWORK =
  /^\s+and\s+(?:then\s+)?(?:hold|press|turn|wait|restart|reboot|unplug|plug|screw|tighten|cook|bake|stir|boil|simmer|fry|mix|chill|drill|glue|mount|fold|rinse|wash|lift|push)\b/i;

/** Whether what ends here is surely not the reader's own. */
export function isInAThing(text: string, end: number): boolean {
  return IN_A_THING.test(text.slice(end, end + 60));
}

/** Whether what ends here looks like somebody else's: enough where nothing else speaks of an attack. */
export function isOfOthers(text: string, end: number): boolean {
  const next = text.slice(end, end + 64);
  return OF_OTHERS.test(next) || HANDWORK.test(next);
}

/** The court set aside …: a tale, though the word could be an order. */
export function isToldOf(text: string, start: number, end: number): boolean {
  return (
    /^(?:set|put) (?:aside|away)$/.test(text.slice(start, end)) &&
    /\b(?:the|a|an|this|that|his|her|our)\s+(?!assistant|ai|agent|model|bot|llm)[\w-]{2,24}\s+$/.test(
      text.slice(Math.max(0, start - 40), start),
    )
  );
}

/** From now on the pump runs …: news of something else. */
export function isNews(text: string, end: number): boolean {
  return /^,?\s+(?:the|our|a|an|all|every|this)\s+(?!assistant|ai\b|model|chat|conversation|system|agent|bot|llm|session|user|rules?|instructions?|restrictions?)(?:[\w-]{2,24}\s+){1,3}?(?:runs?|works?|is|are|has|have|stays?|uses?|will|starts?|opens?|closes?|costs?)\b/.test(
    text.slice(end, end + 80),
  );
}

/** … do not apply to this request */
export function isForThisTalk(text: string, { start, end }: ConceptHit): boolean {
  return (
    text.startsWith("to this", end - 7) &&
    start < end &&
    /^\s+(?:request|question|message|conversation|chat|session|prompt|answer|task)\b/.test(
      text.slice(end, end + 16),
    )
  );
}

/** The rules above? Ignore them: what is aimed at stands before only where nothing else follows. */
export function endsOrder(text: string, { end }: ConceptHit): boolean {
  return /^\s*(?:$|[.,;:!?"')\]\n]|(?:them|it|those|these|that|all|now|completely|entirely|and|from)\b)/.test(
    text.slice(end, end + 16),
  );
}

/** forget instructions · bypass company guidelines; not: forget local instructions */
export function isClose(text: string, hit: ConceptHit, target: ConceptHit, span: number): boolean {
  if (span !== 2 || target.start < hit.start || isOtherOrder(text, hit)) return span <= 2;
  return /^\s+(?:the|these|those|this|that|any|my|such|about|of|to|them|usage|content|ethical|moral|company|corporate|internal|standard|normal|usual|default|hard-?coded|built-?in|preset|strict|silly|stupid|behavio\w*|security|model|ai|p\w{0,3}v\w{1,4}s)\b/.test(
    text.slice(hit.end, hit.end + 16),
  );
}
