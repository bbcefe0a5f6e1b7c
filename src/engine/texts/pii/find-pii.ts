// Personal data in a text: what proves itself by check digits or by its form, and what stands beside a label. Every search
// is one pass with bounded attempts.
import { type Hint, hintsOf, type TextHints } from "../text-hints.ts";
import { foldLetters } from "../text-layer.ts";
import type { TextMatch } from "../text-match.ts";
import { findIbanLength, isCard, isIban } from "./check-digits.ts";

export const PII_KINDS = [
  "us_ssn",
  "card",
  "iban",
  "email",
  "phone",
  "ip_address",
  "dob",
  "address",
] as const;
export type PiiKind = (typeof PII_KINDS)[number];

interface Search {
  readonly kind: PiiKind;
  /** Digits that must stand together, with nothing but signs between them. Absent: none. */
  readonly digits?: number;
  /** What the text must give for the search to make sense; first what is known of it, then what is looked for. */
  readonly needs?: Hint | "capital" | "numbered";
  readonly hint?: RegExp;
  readonly pattern: RegExp;
  /** How much of a candidate it is, from its start; `text` and `at` for what stands around it. Absent: all of it. */
  readonly accepts?: (candidate: string, text: string, at: number) => number;
}

/** In the order in which they are believed where two overlap. */
const WRITTEN: readonly Search[] = [
  {
    kind: "email",
    needs: "at",
    // logo@2x.png, and git@host:path
    accepts: (candidate, text, at) =>
      /@\dx\.(?:png|jpe?g|webp|gif|svg|avif)$/i.test(candidate) ||
      /^:[\w~.-]{0,64}\//.test(text.slice(at + candidate.length, at + candidate.length + 66))
        ? 0
        : candidate.length,
    pattern:
      /(?<![\p{L}\p{N}!#$%&'*+/=?^_`{|}~.-])(?:"[^"\n@]{1,64}"|[\p{L}\p{N}!#$%&'*+/=?^_`{|}~-]{1,64}(?:\.[\p{L}\p{N}!#$%&'*+/=?^_`{|}~-]{1,64}){0,8})@(?:[\p{L}\p{N}](?:[\p{L}\p{N}-]{0,61}[\p{L}\p{N}])?\.){1,8}(?:xn--[a-z0-9-]{2,59}|\p{L}{2,63})/gu,
  },
  {
    kind: "email",
    needs: "spelledAt",
    hint: /[[({]at[\])}]/i,
    pattern:
      /[A-Za-z0-9._%+-]{1,64}\s{0,3}[[({]at[\])}]\s{0,3}[A-Za-z0-9-]{1,63}(?:\s{0,3}(?:[[({]dot[\])}]|\.)\s{0,3}[A-Za-z0-9-]{1,63}){1,4}/gi,
  },
  {
    kind: "iban",
    digits: 2,
    needs: "numbered",
    hint: /[A-Z]{2}\d\d/i,
    pattern: /(?<![A-Za-z0-9])[A-Z]{2}\d{2}(?:[ -]?[A-Z0-9]{1,4}){3,9}(?![A-Za-z0-9])/gi,
    accepts: ibanLength,
  },
  {
    kind: "card",
    digits: 13,
    pattern:
      /(?<![\w.,-])(?:\d{13,19}|\d{4}([ .-])\d{4}\1\d{4}\1\d{1,4}(?:\1\d{1,3})?|3\d{3}([ .-])\d{6}\2\d{4,5})(?![\w-]|[.,]\d)/g,
    accepts: (candidate) => (isCard(candidate.replace(/[ .-]/g, "")) ? candidate.length : 0),
  },
  {
    kind: "us_ssn",
    digits: 9,
    pattern: /(?<![\d-])(?!000|666|9)\d{3}([- ])(?!00)\d{2}\1(?!0000)\d{4}(?![\d-])/g,
  },
  {
    kind: "us_ssn",
    digits: 9,
    hint: /ssn|social security/i,
    pattern:
      /(?<=(?:\bssn|social security)[^\d\n]{0,24})(?!000|666|9)\d{3}[ .-]?(?!00)\d{2}[ .-]?(?!0000)\d{4}(?!\d)/gi,
  },
  {
    kind: "dob",
    digits: 1,
    needs: "birth",
    hint: /birth|born|dob|geb|naiss|nacim|nasc|nacid|nat[oa] il|né|urodz|syntym|föd|fød|narozen|doğum|naș|születés|рожд|народж|γέννησ|الميلاد|לידה|जन्म|生年月日|出生|생년월일/i,
    pattern:
      /(?:date[ _-]?of[ _-]?birth|birth[ _-]?da(?:te|y)|\bdob\b|\bborn(?: on)?\b|geburts(?:datum|tag)|\bgeboren(?: am| op)?|\bgeb\.|geboortedatum|fødselsdato|födelsedatum|syntymäaika|date de naissance|\bnée? le|fecha de nacimiento|nacid[oa] el|data di nascita|\bnat[oa] il|data de nascimento|nascid[oa] em|data urodzenia|\burodzon[ya]|datum narození|doğum tarihi|data nașterii|születési (?:dátum|idő)|дата рождения|дата народження|ημερομηνία γέννησης|تاريخ الميلاد|תאריך לידה|जन्म ?तिथि|生年月日|出生日期|생년월일)[^\p{L}\p{N}\n]{0,8}(?:the )?(?:\d{4}[-/.年][ ]?\d{1,2}[-/.月][ ]?\d{1,2}日?|\d{4}년 ?\d{1,2}월 ?\d{1,2}일|(?:19|20)\d{6}(?!\d)|\d{1,2}[-/. ]\d{1,2}[-/. ]\d{2,4}|\d{1,2}\.? ?(?:st|nd|rd|th)? (?:of |de |d')?\p{L}{3,12}\.?,? (?:de )?\d{4}|\p{L}{3,12}\.? \d{1,2}(?:st|nd|rd|th)?,? \d{4})/giu,
  },
  {
    kind: "phone",
    digits: 8,
    hint: /(?:\+|00)[1-9]/,
    pattern: /(?<![\w+.-])(?:\+|(?<!\d )00)[1-9]\d{0,2}(?:[ .\-/]{0,2}\(?\d{1,5}\)?){2,7}(?![\d-]|[.,]\d)/g,
    accepts: internationalLength,
  },
  {
    kind: "phone",
    digits: 8,
    hint: /[2-9]\d{2}[-.) ]{1,2}[2-9]\d{2}[-. ]?\d{4}/,
    pattern:
      /(?<![\w+.#-])(?:1[-. ])?(?:\([2-9]\d{2}\) ?|[2-9]\d{2}([-.]))[2-9]\d{2}(?:\1|[-. ])\d{4}(?![\d-]|[.,]\d)/g,
  },
  {
    kind: "ip_address",
    digits: 4,
    hint: /\d\.\d{1,3}\./,
    pattern: /(?<![\w.+-])(?:\d{1,3}\.){3}\d{1,3}(?![\w-]|\.\d)/g,
    accepts: (candidate, text, at) => (isPublicIpv4(candidate, text, at) ? candidate.length : 0),
  },
  {
    kind: "ip_address",
    digits: 1,
    needs: "colon",
    hint: /[0-9a-f]:[0-9a-f:]*:/i,
    pattern: /(?<![\w:.])[23][0-9a-f]{3}:(?:[0-9a-f]{0,4}:){1,6}[0-9a-f]{0,4}(?![\w:])/gi,
  },
  {
    kind: "address",
    digits: 1,
    needs: "capital",
    hint: /\b(?:Street|St|Avenue|Ave|Road|Rd|Boulevard|Blvd|Lane|Ln|Drive|Dr|Court|Ct|Way|Place|Pl|Terrace|Square|Highway|Hwy|Parkway|Pkwy|Circle|Close|Crescent)\b/,
    pattern:
      /(?<![\w.,-])\d{1,6}[A-Za-z]? (?:[NSEW]\.? )?(?:\p{Lu}[\p{L}.'-]{0,24} ){1,4}(?:Street|St|Avenue|Ave|Road|Rd|Boulevard|Blvd|Lane|Ln|Drive|Dr|Court|Ct|Way|Place|Pl|Terrace|Square|Highway|Hwy|Parkway|Pkwy|Circle|Close|Crescent)\b\.?(?:,? (?:Apt|Suite|Unit|#)\.? ?[\w-]{1,8})?,? {1,2}(?:\p{Lu}[\p{L}.'-]{0,24},? ){1,4}(?:[A-Z]{2},? \d{5}(?:-\d{4})?|[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2})/gu,
  },
  {
    kind: "address",
    digits: 1,
    needs: "germanStreet",
    hint: /stra(?:ß|ss)e|str\.|weg|platz|allee|gasse/i,
    pattern:
      /(?:(?:Am|An der|An den|Auf der|Im|In der|Zum|Zur) \p{Lu}[\p{L}-]{2,30} \d{1,4} ?[a-z]?,? ?[\n ]?(?:[A-Z]{1,2}-)?\d{5} \p{Lu}\p{L}{1,30}|\p{Lu}[\p{L}-]{1,30}(?: [\p{L}-]{1,30})?(?:straße|strasse|str\.|weg|platz|allee|gasse| Straße| Platz| Allee| Weg) \d{1,4} ?[a-z]?(?:, ?\n?|\n)(?:[A-Z]{1,2}-)?\d{4,5} \p{Lu}\p{L}{1,30})/gu,
  },
  {
    kind: "address",
    digits: 1,
    needs: "romanceStreet",
    hint: /\b(?:rue|avenue|boulevard|place|calle|via|rua|avenida)\b/i,
    pattern:
      /(?:\d{1,4}(?: bis| ter)?,? (?:rue|avenue|boulevard|place|chemin|allée) [\p{L}' -]{2,40}, ?\d{5} \p{Lu}[\p{L}-]{1,30}|(?:Calle|Via|Rua|Avenida) [\p{L}' -]{2,40},? (?:n\.? ?)?\d{1,4}, ?\d{4,5}(?:-\d{3})? \p{Lu}[\p{L}-]{1,30})/gu,
  },
];

/** All with the same members, which are found faster then: every text goes through the whole list. */
const SEARCHES = WRITTEN.map(({ kind, digits = 0, needs, hint, pattern, accepts }) => ({
  kind,
  digits,
  needs,
  hint,
  pattern,
  accepts,
}));

/** First to last, without overlaps. `hints`: of this text. */
export function findPii(text: string, hints: TextHints = hintsOf(text)): readonly TextMatch[] {
  const layer = hints.isAscii ? undefined : foldLetters(text);
  if (layer === undefined) return findPlain(text, hints);
  return findPlain(layer.text, hintsOf(layer.text)).map(({ kind, start, end }) => ({
    kind,
    start: layer.places[start] as number,
    end: layer.places[end] as number,
  }));
}

function findPlain(text: string, hints: TextHints): readonly TextMatch[] {
  const found: TextMatch[] = [];
  for (const { kind, digits, needs, hint, pattern, accepts } of SEARCHES) {
    if (hints.digitsTogether < digits || !gives(hints, needs) || hint?.test(text) === false) continue;
    // Nearly no text holds one, and to go through its matches makes a copy of the pattern first.
    if (text.search(pattern) < 0) continue;
    for (const { index: start, 0: candidate } of text.matchAll(pattern)) {
      const length = accepts?.(candidate, text, start) ?? candidate.length;
      if (length > 0) found.push({ kind, start, end: start + length });
    }
  }
  return found.length < 2 ? found : withoutOverlaps(found);
}

function gives(hints: TextHints, needs: Search["needs"]): boolean {
  if (needs === undefined) return true;
  if (needs === "capital") return hints.mayHaveCapital;
  return needs === "numbered" ? hints.hasNumbered : hints.has(needs);
}

/** The searches' own order decides; `found` is in that order. One pass over what is sorted by place. */
function withoutOverlaps(found: readonly TextMatch[]): readonly TextMatch[] {
  const ranks = new Map(found.map((match, rank) => [match, rank]));
  const rankOf = (match: TextMatch): number => ranks.get(match) ?? 0;
  const kept: TextMatch[] = [];
  for (const match of found.toSorted((left, right) => left.start - right.start)) {
    const last = kept.at(-1);
    if (last === undefined || match.start >= last.end) kept.push(match);
    else if (rankOf(match) < rankOf(last)) kept[kept.length - 1] = match;
  }
  return kept;
}

/** As long as its country's accounts are: a word may stand right behind it. */
function ibanLength(candidate: string): number {
  const wanted = findIbanLength(candidate);
  let length = 0;
  for (let letters = 0; letters < wanted && length < candidate.length; length += 1)
    if (!/[ -]/.test(candidate.charAt(length))) letters += 1;
  if (/[A-Za-z0-9]/.test(candidate.charAt(length))) return 0;
  return isIban(candidate.slice(0, length).replace(/[ -]/g, "").toUpperCase()) ? length : 0;
}

/** Eight to fifteen digits, and a country that exists; not a difference or a number with a sign. */
function internationalLength(candidate: string): number {
  const digits = candidate.replace(/\D/g, "").replace(/^00/, "");
  const hasGroups = /[ .\-/()]/.test(candidate);
  if (candidate.startsWith("00") && !hasGroups) return 0;
  const isNumber = digits.length >= 8 && digits.length <= 15;
  return isNumber && !/^(?:21[09]|28|83|89|99[0179])/.test(digits) ? candidate.length : 0;
}

/** Words that make four numbers a version or a section. */
const NUMBERING =
  /(?:version|ver\.?|v|release|build|section|chapter|clause|rev(?:ision)?|§)\s{0,3}[:=]?\s{0,3}$/i;
const ADDRESSING = /(?:ip|address|addr|client|host|from|server|remote|peer|source|src|dst|to)[\s:=]{1,4}$/i;

function isPublicIpv4(candidate: string, text: string, at: number): boolean {
  const [a = 0, b = 0, c = 0, d = 0] = candidate.split(".").map(Number);
  if (a > 223 || a === 0 || b > 255 || c > 255 || d > 255) return false;
  if (a === 10 || a === 127 || (a === 172 && b >= 16 && b < 32) || (a === 192 && b === 168)) return false;
  if ((a === 169 && b === 254) || (a === 100 && b >= 64 && b < 128)) return false;
  const before = text.slice(Math.max(0, at - 16), at);
  if (NUMBERING.test(before)) return false;
  return a > 9 || b > 9 || c > 9 || d > 9 || ADDRESSING.test(before);
}
