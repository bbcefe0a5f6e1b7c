// Hidden orders in a text: words near one another, claims of a role, disguises of either. A signal, never a proof: what an
// agent may do is bounded by limits, networks, schemas and classes of tools.
import { isAscii } from "../text-layer.ts";
import type { TextMatch } from "../text-match.ts";
import { findDisguises } from "./decode-disguises.ts";
import { findConcepts, normalizeText } from "./find-concepts.ts";
import { findMarkup } from "./find-markup.ts";
import { judgeConcepts } from "./judge-concepts.ts";

export const INJECTION_KINDS = [
  "override",
  "prompt_leak",
  "secret_request",
  "exfiltration",
  "hidden_order",
  "role_tag",
  "persona",
  "policy_puppetry",
  "self_limit",
  "encoded",
  "unicode",
  "split",
] as const;

/** Disguises in disguises. */
const MAX_DEPTH = 2;

/** In places of `text`, first to last; of matches that overlap, the one that starts first, as far as they reach. */
export function findInjections(text: string): readonly TextMatch[] {
  const found = findAtDepth(text, MAX_DEPTH);
  if (found.length < 2) return found;
  const joined: TextMatch[] = [];
  for (const match of found.toSorted((left, right) => left.start - right.start || right.end - left.end)) {
    const last = joined.at(-1);
    if (last === undefined || match.start >= last.end) joined.push(match);
    else if (match.end > last.end) joined[joined.length - 1] = { ...last, end: match.end };
  }
  return joined;
}

function findAtDepth(text: string, depth: number): readonly TextMatch[] {
  const found = [...findPlain(text)];
  if (depth === 0) return found;
  for (const { kind, text: under, start, end, isTelling } of findDisguises(text)) {
    // Under a fold of the whole text lies the same again: only what was not seen before counts.
    if (isTelling !== true && start === 0 && end === text.length && found.length > 0) continue;
    if (isTelling === true || findAtDepth(under, depth - 1).length > 0) found.push({ kind, start, end });
  }
  return found;
}

function findPlain(text: string): readonly TextMatch[] {
  const markup = findMarkup(text);
  if (isAscii(text)) {
    const normal = text.toLowerCase();
    const words = judgeConcepts(normal, findConcepts(normal));
    return words.length === 0 ? markup : [...markup, ...words];
  }
  const { text: normal, places } = normalizeText(text);
  const words = judgeConcepts(normal, findConcepts(normal));
  const placed = words.map(({ kind, start, end }) => ({
    kind,
    start: places[start] as number,
    end: places[end] as number,
  }));
  return [...markup, ...placed];
}
