// Hidden orders in a text: its words together, claims of a role, disguises of either. A signal, never a proof: what an
// agent may do is bounded by limits, networks, schemas and classes of tools.
import { hintsOf, type TextHints } from "../text-hints.ts";
import type { TextMatch } from "../text-match.ts";
import { findDisguises } from "./decode-disguises.ts";
import { findMarkup } from "./find-markup.ts";
import { findWording } from "./learned/find-wording.ts";
import { normalizeText } from "./normal-text.ts";

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
  if (!hints.mayBeOrder) return markup;
  const wording = hints.isAscii ? findWording(text) : findBeyondAscii(text);
  return wording === undefined ? markup : [...markup, wording];
}

function findBeyondAscii(text: string): TextMatch | undefined {
  const { text: normal, places } = normalizeText(text);
  const found = findWording(normal);
  if (found === undefined) return undefined;
  return { ...found, start: places[found.start] as number, end: places[found.end] as number };
}
