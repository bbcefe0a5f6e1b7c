// Orders by their form: labels and tags that claim to speak for the system, and configuration that claims to switch safety
// off. Every expression is bounded at each place.
import { bitsOfHints, type Hint, type TextHints } from "../text-hints.ts";
import type { TextMatch } from "../text-match.ts";
import { isOfOthers } from "./others-orders.ts";

type Form = readonly [kind: string, hints: readonly Hint[], pattern: RegExp, also?: RegExp];

/** A pattern is searched where the text gives all its hints and, where there is one, holds `also`. */
const FORMS: readonly Form[] = [
  // Tokens of model templates have no business in a text.
  [
    "role_tag",
    ["template"],
    /<\|(?:im_start|im_end|im_sep|system|user|assistant|developer|tool|end|message|channel|start|return|endoftext|end_of_text|begin_of_text|start_header_id|end_header_id|eot_id|endofprompt|fim_\w{3,8})\|>|\[\/?INST\]|<<\/?SYS>>|<\/?(?:start|end)_of_turn>|<\|?header_(?:start|end)\|?>|<\/?s>\s{0,4}\[INST/gi,
  ],
  // The end of what is data, and what follows claims to be none.
  [
    "role_tag",
    ["closingTag"],
    /<\/(?:tool_result|tool_results|tool_response|tool_output|function_results?|function_response|user_input|user_message|user_query|untrusted\w{0,12}|document|documents|context|search_results?|data|input|email|webpage|observation|retrieved\w{0,10})>\s{0,8}<?(?:system|assistant|developer|admin|instructions?|user|human)\b/gi,
  ],
  [
    "role_tag",
    ["openingTag"],
    /(?:(?<=^|[\n>"'`.!?:;,)\]]\s{0,3})(?=<)|(?=<[^<>]{1,60}>\s{0,8}(?:you|ignore|from|new|the user|the assistant|all)\b))<(?:system|developer|admin|system[-_](?:message|prompt|instruction|override|reminder|note)s?|important|information|instructions?|override)(?:\s[^<>\n]{0,60})?>\s{0,8}(?:[^<\s]{1,40}\s+){3}/gi,
  ],
  // ### System: · [SYSTEM MESSAGE] · --- BEGIN ADMIN OVERRIDE ---
  [
    "role_tag",
    ["hash", "colon"],
    /(?:^|\n)\s{0,4}#{1,6}\s{0,3}(?:system|developer|admin|instructions?|new instructions?|system (?:prompt|message|override))\s{0,3}:(?!\s{0,2}[\w.-]{1,20}\s{0,2}(?:,|\n|$))/gi,
  ],
  [
    "role_tag",
    ["bracket", "authority"],
    /(?:\[|-{3,}|={3,}|\*{2,}|\(\(|<<<|#{3,})\s{0,3}(?:begin |end of |end |start |new )?(?:system|admin|administrator|developer|root|operator|privileged|security)[\s_-]{0,2}(?:message|prompt|override|instruction|instructions|command|notice|note|mode|update|directive|alert|input|user input|task)\b/gi,
  ],
  [
    "role_tag",
    ["role"],
    /\\?"role\\?"\s{0,4}:\s{0,4}\\?"(?:system|developer)\\?"\s{0,4},\s{0,8}\\?"content\\?"\s{0,4}:\s{0,4}\\?"[^"]{12}/gi,
    /"role"/,
  ],
  [
    "role_tag",
    ["speaker"],
    /\n\s{0,4}\n?(?:human|user)\s{0,2}:[^\n]{1,400}\n\s{0,4}\n?(?:assistant|ai)\s{0,2}:/gi,
  ],
  // The phrase itself, however its words are parted or joined.
  [
    "override",
    ["override"],
    /(?<!\b(?:not|never|don't) |[\w(] ?["“„'`])(?:ignore|disregard|forget|bypass|override)[\s_*.|/+-]{0,3}(?:(?:all|any|the|your|my|of)[\s_*.|/+-]{0,3}){0,3}(?:previous|prior|above|earlier|preceding)[\s_*.|/+-]{0,3}(?:instruction|prompt|direction|guideline|command)/gi,
  ],
  // Nothing but the phrase: `ignore previous`, `forget instructions`.
  [
    "override",
    ["override"],
    /(?<!\b(?:not|never|don't|to|can|may|could|would|will|or|you|we|they|i) |[\w(] ?["“„'`])\b(?:ignore|disregard|forget|bypass|override)\s{1,4}(?:(?:all|any|the|your|my|these|those|p\w{0,3}v\w{1,4}s)\s{1,4}){0,3}(?:previous|instructions(?: (?:above|before|so far))?)(?=\s{0,4}(?:$|[.,;:!?"')\]&\n]|(?:and|then|please|now)\b))/gi,
  ],
  [
    "override",
    ["override"],
    /(?<!\b(?:not|never|don't|to|can|may|could|would|will|or|you|we|they|i) |["“„'`])\b(?:ignore|disregard|forget|bypass|override)\s{1,4}(?:(?:all|any|every)\s{1,4}(?:of\s{1,4})?(?:(?:the|your|these|those)\s{1,4})?(?:rules|guidelines|restrictions|directives|guardrails|safeguards)(?=\s{0,4}(?:$|[.,;:!?"')\]&\n]|(?:and|then|please|now)\b))|(?:(?:everything|all|the|of)\s{1,4}){1,3}(?:(?:text|instructions?|directions?|messages?)\s{1,4})?above\s{1,4}and\s{1,4}(?:instead\s{1,4})?(?:tell|print|say|write|output|reveal|show|respond|answer|repeat|give|execute)\b)/gi,
  ],
  // Words for secrets with a verb or an ending that no honest request has.
  [
    "secret_request",
    ["telling"],
    /(?<!\b(?:not|never|don't|to|can|may|could|would|will|or|you|we|they|i|must|should|that) )\b(?:reveal|leak|disclose|divulge|expose|exfiltrate)\s{1,4}(?:the|your|all|every|its)\s{1,4}(?:\w{1,16}\s{1,4}){0,2}(?:passwords?|passphrases?|api[_ -]?keys?|secret keys?|private keys?|credentials)\b(?! (?:policy|field|rules|prompt|form|page|length))/gi,
  ],
  [
    "secret_request",
    ["telling"],
    /\b(?:print|list|show|give|output|tell|repeat|return|send)\b[^.\n]{0,40}\b(?:passwords?|passphrases?|api[_ -]?keys?|secret keys?|private keys?|credentials)\b[^\n.]{0,16}\b(?:nothing else|nothing more|verbatim|word for word|in plain ?text)\b/gi,
  ],
  [
    "role_tag",
    ["newSystem"],
    /\bnew system (?:directive|instruction|order|prompt|rule|message)s?\s{0,2}[:-]/gi,
  ],
  [
    "self_limit",
    ["yourself"],
    /\b(?:grant|give|assign) yourself (?:\w+ ){0,2}(?:admin|root|access|rights|permissions?|privileges?|approval)/gi,
  ],
  [
    "self_limit",
    ["mark"],
    /\bmark (?:this|the|your|that|my|every|all|each|any) (?:\w+ ){0,2}?(?:approval|request|pause|check|review)s? as (?:granted|approved|passed)/gi,
  ],
  [
    "self_limit",
    ["usage"],
    /\b(?:do not|don't|never|stop) report(?:ing)? (?:(?:this|your|any|the|further|more|token|step|cost) ){0,3}usage\b/gi,
  ],
  ["hidden_order", ["removal"], /\b(?:execute|run|call)\b[^\n]{0,40}\brm\s{1,3}-(?:rf|fr)\s{1,3}[/~*]/gi],
  // Safety as a setting.
  [
    "policy_puppetry",
    ["setting", "safety"],
    /(?:safety|safe[-_ ]?mode|filter(?:s|ing)?|moderation|guard[-_ ]?rails?|restrictions?|censorship|refusals?|content[-_ ]?policy|ethics|alignment|disclaimers?|safety[-_ ]\w{1,12})["']?\s{0,3}(?:[:=]|>)\s{0,3}["']?(?:off|false|disabled?|none|null|0|no|never|bypass(?:ed)?|inactive)\b/gi,
  ],
  [
    "policy_puppetry",
    ["blocked", "setting"],
    /\bblocked["']?\s{0,3}(?:[:=]|>)\s{0,3}["'[]{0,2}(?:none|nothing|\])/gi,
  ],
  [
    "policy_puppetry",
    ["mode", "setting"],
    /(?:\bmode|[-_]mode)["']?\s{0,3}(?:[:=]|>)\s{0,3}["']?(?:unrestricted|jailbreak|jailbroken|god|dan|unfiltered|uncensored|developer|unsafe|no[-_ ]?limits?|admin|root|override)\b/gi,
  ],
  [
    "policy_puppetry",
    ["allow", "setting"],
    /\ballow(?:ed)?(?:[-_]\w{1,16})?["']?\s{0,3}(?:[:=]|>)\s{0,3}["'[]{0,2}(?:all|everything|any|\*)(?![\w-])/gi,
  ],
  // An image whose address carries what was said.
  [
    "exfiltration",
    ["image"],
    /!\[[^\]\n]{0,120}\]\(\s{0,3}https?:\/\/[^)\s]{1,300}[?&/][\w-]{0,24}=?(?:\{{1,2}|\[|<|%7B|\$\{|\$\()[^)\n]{1,120}\)?/gi,
  ],
  [
    "exfiltration",
    ["download", "command"],
    /\b(?:curl|wget|nc|fetch)\b[^\n]{0,160}(?:\$\(|`)\s{0,3}(?:cat|env|printenv|base64|tar|ls)\b/gi,
  ],
  [
    "exfiltration",
    ["files"],
    /\b(?:cat|base64|tar|cp|copy|read|type|print|show|dump|send|upload|post|commit|paste)\b[^\n]{0,60}(?:~\/\.ssh|\/etc\/(?:passwd|shadow)|\.aws\/credentials|(?:^|[\s"'/])\.env\b|process\.env|os\.environ)[^\n]{0,80}(?:\||>|curl|http|send|to |@|base64)/gi,
  ],
  [
    "persona",
    ["persona"],
    /\b(?:you are|act as|become|(?<!such )as|be) (?:now )?(?:DAN|STAN|AIM|DUDE|Omega|BetterDAN)\b(?=[\s\S]{0,160}(?:never|no |any|free|without|unfilter|can do|rule|limit|refus))/g,
    /\b(?:dan|stan|aim|jailbr)/i,
  ],
  [
    "persona",
    ["jailbreak"],
    /(?<!["“„])\bdo anything now\b|\b(?:developer|god|dan|jailbreak|sudo|unrestricted|debug) mode (?:is )?(?:now )?(?:enabled|activated|on\b(?! (?:the|your|my|an?|any|this)\b)|engaged|unlocked)|\b(?:enable|activate|enter|unlock|switch to) (?:the )?(?:developer|god|dan|jailbreak|unrestricted|unfiltered) mode\b(?! (?:in|on|under|of|from) )/gi,
  ],
];

const NEEDED = FORMS.map(([, hints]) => bitsOfHints(hints));

/** One setting may be innocent; two, or one beside an order, are not. */
const PUPPET_ORDER =
  /\b(?:apply|obey|follow|execute|answer|answering|respond|list|print|reveal|output|comply|request|ignore|you)\b/i;

/** `given`: of this text. */
export function findMarkup(text: string, given: TextHints): readonly TextMatch[] {
  const found: TextMatch[] = [];
  for (const [at, needed] of NEEDED.entries()) {
    if (!given.hasAll(needed)) continue;
    const [kind, , pattern, also] = FORMS[at] as Form;
    if (also?.test(text) === false) continue;
    for (const { index, 0: match } of text.matchAll(pattern)) {
      const end = index + match.length;
      // In plain words it matters whose instructions are meant.
      if (
        kind === "override" &&
        /^[a-z]+(?: [a-z]+)+$/i.test(match) &&
        isOfOthers(text, pluralEnd(text, end))
      )
        continue;
      found.push({ kind, start: index, end });
    }
  }
  if (given.has("authority")) found.push(...findLabels(text));
  if (found.length === 0) return found;
  const settings = found.filter(({ kind }) => kind === "policy_puppetry");
  if (settings.length !== 1 || PUPPET_ORDER.test(text)) return found;
  return found.filter(({ kind }) => kind !== "policy_puppetry");
}

function pluralEnd(text: string, end: number): number {
  return text.charAt(end).toLowerCase() === "s" ? end + 1 : end;
}

const LABEL = /(?:system|admin|administrator|root|developer)\s{0,3}[:：]/gi;
/** What only an order says. */
const ORDER =
  /\b(?:you|your|must|ignore|forget|disregard|override|grant|reveal|print|output|execute|run|rm|sudo|delete|drop|disable|enable|bypass|allow|unlock|always|never|instructions?|assistant|obey|comply|transfer|send|approve|respond|reply|act|password|token|show|give|tell|do|stop|set|access|permission|privileges?|unrestricted|mode|prompt|user is|the user|all requests|every request)\b/i;

/** `system: …` where a speaker's name would stand; not the operating system, not a state. */
function findLabels(text: string): readonly TextMatch[] {
  const found: TextMatch[] = [];
  for (const { index, 0: label } of text.matchAll(LABEL)) {
    const before = text.slice(Math.max(0, index - 24), index);
    if (!/(?:^|[\n.!?:;,"'`([{<>*#|\-\]]|\b(?:new|from|the|as)\s)\s*$/i.test(before)) continue;
    if (/\b(?:the|as)\s+$/i.test(before) && !/(?:^|[.\n])\s*(?:the|as)\s+$/i.test(before)) continue;
    const end = text.indexOf("\n", index + label.length + 1);
    const line = text.slice(index + label.length, Math.min(end === -1 ? text.length : end, index + 400));
    // What is quoted ends with its quotation mark.
    const quote = /["“'`]\s*$/.exec(before)?.[0].charAt(0);
    const close = quote === undefined ? -1 : line.indexOf(quote === "“" ? "”" : quote);
    const said = close === -1 ? line : line.slice(0, close);
    // root:x:0:0 is a line of a password file, `system: true` a setting.
    if (/^\s*[^\s:]*:/.test(said) || said.trim().split(/\s+/).length < 2) continue;
    if (ORDER.test(said))
      found.push({ kind: "role_tag", start: index, end: index + label.length + said.length });
  }
  return found;
}
