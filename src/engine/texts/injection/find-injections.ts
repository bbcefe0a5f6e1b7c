// Hidden orders in a text: words near one another, claims of a role, disguises of either. A signal, never a proof: what an
// agent may do is bounded by limits, networks, schemas and classes of tools.
import { hintsOf, type TextHints } from "../text-hints.ts";
import type { TextMatch } from "../text-match.ts";
import { findDisguises } from "./decode-disguises.ts";
import { findConcepts, normalizeText } from "./find-concepts.ts";
import { findMarkup } from "./find-markup.ts";
import { judgeConcepts, mayOrder } from "./judge-concepts.ts";

/** Disguises in disguises. */
const MAX_DEPTH = 2;

/**
 * In places of `text`, first to last; of matches that overlap, the one that starts first, as far as they reach. `hints`: of
 * this text.
 */
export function findInjections(text: string, hints: TextHints = hintsOf(text)): readonly TextMatch[] {
  const found = findAtDepth(text, hints, MAX_DEPTH);
  if (found.length < 2) return found;
  const joined: TextMatch[] = [];
  for (const match of found.toSorted((left, right) => left.start - right.start || right.end - left.end)) {
    const last = joined.at(-1);
    if (last === undefined || match.start >= last.end) joined.push(match);
    else if (match.end > last.end) joined[joined.length - 1] = { ...last, end: match.end };
  }
  return joined;
}

function findAtDepth(text: string, hints: TextHints, depth: number): readonly TextMatch[] {
  const plain = findPlain(text, hints);
  const disguises = depth === 0 ? [] : findDisguises(text, hints);
  if (disguises.length === 0) return plain;
  const found = [...plain];
  for (const { kind, text: under, start, end, isTelling } of disguises) {
    // Under a fold of the whole text lies the same again: only what was not seen before counts.
    if (isTelling !== true && start === 0 && end === text.length && found.length > 0) continue;
    const isFound = isTelling === true || findAtDepth(under, hintsOf(under), depth - 1).length > 0;
    if (isFound) found.push({ kind, start, end });
  }
  return found;
}

function findPlain(text: string, hints: TextHints): readonly TextMatch[] {
  const markup = findMarkup(text, hints);
  // Names of files are concepts, too: .env
  if (!hints.has("files") && !mayOrder(hints.concepts)) return markup;
  if (hints.isAscii) {
    const normal = joinLines(text.toLowerCase());
    const words = judgeConcepts(normal, findConcepts(normal));
    return words.length === 0 ? markup : [...markup, ...words];
  }
  const { text: normalText, places } = normalizeText(text);
  const normal = joinLines(normalText);
  const words = judgeConcepts(normal, findConcepts(normal));
  const placed = words.map(({ kind, start, end }) => ({
    kind,
    start: places[start] as number,
    end: places[end] as number,
  }));
  return [...markup, ...placed];
}

/** A line may end anywhere; an empty one ends a thought. */
function joinLines(text: string): string {
  return text.replace(/(?<=\S)[\t\n\u00a0](?=\S)/g, " ");
}
