// What words of a hidden order mean, whatever the language. A rule of the detector speaks of these alone.

export const CONCEPTS = [
  /** ignore, disregard, forget, bypass */
  "override",
  /** not, never: turns the next `override` around */
  "negation",
  /** previous, above, earlier, told you */
  "prior",
  /** your, the user's, the developer's */
  "yours",
  "all",
  /** instructions, prompt, guidelines: what an override is aimed at */
  "instructions",
  /** rules, messages, context: the same, when something else speaks for it */
  "matters",
  /** print, reveal, repeat */
  "reveal",
  /** system prompt, your instructions, the text above */
  "prompt",
  "secret",
  /** send, forward, append, upload */
  "send",
  /** conversation, emails, files */
  "data",
  /** URL, query string, webhook */
  "destination",
  /** assistant, AI, agent, model */
  "agent",
  /** note to AI, if you are a language model */
  "address",
  /** must, should, first */
  "must",
  /** approve, grant, execute, delete */
  "act",
  /** new instructions, your only task, from now on */
  "fresh",
  /** act as, pretend, you are now */
  "persona",
  /** unfiltered, no rules, never refuses */
  "free",
  /** administrator, root, developer mode */
  "power",
  /** token budget, quota, approval */
  "bound",
  /** unlimited, lifted, stop checking */
  "lift",
  /** nothing else, word for word */
  "only",
  /** do not tell the user, without anybody noticing */
  "hush",
  /** without asking, no confirmation needed */
  "unasked",
  /** this is the security team, I am your developer */
  "claim",
  /** delete, transfer, grant, buy: what cannot be taken back */
  "harm",
  /** bank account, payee, gift cards */
  "payee",
  /** break, drop, cancel, suspended: of rules that are the reader's own */
  "weaken",
  /** how do I, can I, what does: somebody asks about it */
  "question",
] as const;

export type Concept = (typeof CONCEPTS)[number];

/** Words of one language by concept, separated by |; `*` stands for any ending. Lower case, without accents. */
export type Lexicon = { readonly [C in Concept]?: string };
