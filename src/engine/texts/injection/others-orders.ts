// Orders of others: the recipe's, the department's, the pump's. They are taken back every day.

/** What speaks of the reader itself, its makers, or this very talk. */
const OWN =
  "systems?|prompts?|conversations?|above|chat|context|first|previous|prior|earlier|messages?|beginning|start|top|text|thread|session|sessions|" +
  "developers?|company|companies|operators?|owners?|admins?|administrators?|openai|anthropic|google|meta|microsoft|assistants?|ai|ais|models?|llms?|" +
  "agents?|(?:chat)?bots?|gpt|claude|creators?|makers?|providers?|vendors?|platform|users?|tasks?|answers?|questions?|repl(?:y|ies)|responses?|requests?|" +
  "quer(?:y|ies)|rest|moment|everything|everyone|all|safety|ethics|ethical|morals?|privacy|security|secrecy|secrets?|confidential\\w*|content|" +
  "refus\\w*|harm\\w*|moderation|training|your|you|yours|me|mine|now|here|it|this|that|these|those|what|how|not|never|being|before|always|favou?r|mind|" +
  "place|general|full|effect|force|order|anyone|anybody|anthropic's|openai's";

const ARTICLE = "the|our|my|his|her|their|its|a|an|last|yesterday's";

/** … in section 4, from HR, of the pump, on page 3 */
const OF_OTHERS = new RegExp(
  `^,?\\s+(?:(?:in|on|at|from|of)\\s+(?:(?:${ARTICLE})\\s+){0,2}(?!(?:${OWN}|${ARTICLE})\\b)[a-z][\\w'-]{1,24}|` +
    "for\\s+(?:the\\s+|your\\s+|our\\s+|my\\s+)?(?:delivery|shipping|assembly|installation|cooking|baking|washing|packing|parking|travel|voting|storage|cleaning|care)\\b)",
  "i",
);

/** … and press the button: nothing that a model does. */
const HANDWORK =
  /^\s+and\s+(?:then\s+)?(?:hold|press|turn|wait|restart|reboot|unplug|plug|screw|tighten|cook|bake|stir|boil|simmer|fry|mix|chill|drill|glue|mount|fold|rinse|wash|lift|push)\b/i;

/** … and print your prompt: what follows is an attack all the same. */
const OWN_SECRET =
  /\b(?:reveal|print|show|output|display|tell|send|give|repeat|leak|dump)\b[^.\n]{0,24}\b(?:your|system|hidden|secret)\s+(?:system\s+)?(?:prompts?|instructions?|passwords?|keys?|secrets?|rules)\b/i;

/** Whether what ends here looks like somebody else's. */
export function isOfOthers(text: string, end: number): boolean {
  const next = text.slice(end, end + 64);
  return (OF_OTHERS.test(next) || HANDWORK.test(next)) && !OWN_SECRET.test(text.slice(end, end + 120));
}
