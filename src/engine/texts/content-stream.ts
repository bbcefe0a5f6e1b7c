// A text that comes in chunks, searched so that a match over a border of chunks is found and nothing of it is let out before
// it is judged. The end of what came is held back: a match that is no longer than what is held back cannot slip out.
// A state machine of plain data: the same chunks give the same steps, and a step repeated changes nothing. What a step lets
// out: let-out.ts.
import type { TextMatch } from "./text-match.ts";

/** Most bytes that are kept of a text between two chunks. */
export const CARRY_MAX_BYTES = 4_096;
/** Bytes before what is held back that are searched again, so that a word cut in two does not look like another. */
const CONTEXT_BYTES = 128;
/** Longest match that is never partly let out. */
export const HOLD_BACK_MAX_BYTES = CARRY_MAX_BYTES - CONTEXT_BYTES;

export interface ContentStream {
  /** The end of what came: what is held back, and some context before it. */
  readonly carry: string;
  /** Bytes of the text before the carry. */
  readonly carryStart: number;
  /** Bytes of the text so far. */
  readonly totalBytes: number;
  /** Bytes that may be shown as they came; it never shrinks. */
  readonly releasedBytes: number;
  /** Bytes that are shown, as they came or replaced. */
  readonly shownBytes: number;
  /** Something of what is shown was replaced: from there on nothing is shown as it came. */
  readonly isReplaced: boolean;
  /** Where the first match stands that nothing is let out beyond, unless a person allows it. */
  readonly stoppedAt: number | undefined;
  /** Beyond which nothing is ever let out. */
  readonly endsAt: number | undefined;
  /** What is to be shown in place of matches, first to last; not yet shown. */
  readonly replacements: readonly Replacement[];
  /** Matches that were told and reach into the carry. */
  readonly told: readonly ToldPlace[];
}

interface ToldPlace extends Place {
  /** A person allowed it: it stops nothing any more. */
  readonly isGranted?: boolean;
}

interface Place extends TextMatch {
  readonly finder: string;
}

interface Replacement {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** Something found, and by whom. */
export interface FoundText extends TextMatch {
  readonly finder: string;
}

/** A match in bytes of the whole text as UTF-8. */
export interface StreamMatch extends Place {
  /** What was found: on its way to a hash. */
  readonly text: string;
}

export interface StreamStep {
  readonly stream: ContentStream;
  /** Matches that this chunk completed, each told once. */
  readonly matches: readonly StreamMatch[];
  /** The carry before this chunk and the chunk. */
  readonly window: string;
  readonly windowStart: number;
  /** Bytes of the text of which no match can come that is not found yet. */
  readonly judgedBytes: number;
}

/** What becomes of a match: it is only told, nothing is let out from its start on, or this is shown in its place. */
export type Treatment = "tell" | "stop" | { readonly replacement: string };

export interface StreamOptions {
  readonly isLast: boolean;
  /** Length of the longest match that must not be partly let out, bytes; at most HOLD_BACK_MAX_BYTES. */
  readonly holdBackBytes: number;
  /** What is searched for. */
  readonly find: (text: string) => readonly FoundText[];
  readonly treat: (match: StreamMatch) => Treatment;
}

export const EMPTY_STREAM: ContentStream = Object.freeze({
  carry: "",
  carryStart: 0,
  totalBytes: 0,
  releasedBytes: 0,
  shownBytes: 0,
  isReplaced: false,
  stoppedAt: undefined,
  endsAt: undefined,
  replacements: Object.freeze([]),
  told: Object.freeze([]),
});

/** The next chunk, well-formed Unicode, perhaps empty; lets nothing out yet. Linear in carry and chunk. */
export function pushChunk(stream: ContentStream, chunk: string, options: StreamOptions): StreamStep {
  const window = stream.carry + chunk;
  const totalBytes = stream.totalBytes + utf8Length(chunk, 0, chunk.length);
  const mostHeld = bytesOfEnd(window, HOLD_BACK_MAX_BYTES);
  let judgedBytes =
    totalBytes - (options.isLast ? 0 : Math.min(mostHeld, bytesOfEnd(window, options.holdBackBytes)));
  let { stoppedAt, endsAt } = stream;
  const matches: StreamMatch[] = [];
  const told: ToldPlace[] = [...stream.told];
  let { replacements } = stream;
  for (const match of placeMatches(stream, window, options.find(window))) {
    const treatment = options.treat(match);
    const isOpen = match.end === totalBytes && !options.isLast;
    const fits = match.start >= totalBytes - mostHeld;
    // It may grow with the next chunk: it is told then, and until then it is held back as far as the carry reaches.
    if (isOpen && (fits || treatment === "tell")) {
      judgedBytes = Math.min(judgedBytes, Math.max(match.start, totalBytes - mostHeld));
      continue;
    }
    if (isCutOff(stream, match)) continue;
    const known = told.filter((one) => isSamePlace(one, match));
    const isGranted = known.some((one) => one.isGranted === true);
    if (known.length === 0) matches.push(match);
    const { kind, finder, start, end } = match;
    told.push({ kind, finder, start, end, isGranted });
    if (isGranted && treatment === "stop") continue;
    // What is longer than can be held back cannot be replaced: its end is not known.
    if (treatment === "stop") stoppedAt = Math.min(stoppedAt ?? match.start, match.start);
    else if (isOpen && treatment !== "tell") endsAt = Math.min(endsAt ?? match.start, match.start);
    else if (treatment !== "tell") replacements = addReplacement(replacements, match, treatment.replacement);
  }
  const kept = cutCarry(stream, window, totalBytes);
  return {
    stream: {
      ...stream,
      ...kept,
      totalBytes,
      stoppedAt,
      endsAt,
      replacements: replacements.filter(
        ({ start, end }) => end > stream.shownBytes && start < (endsAt ?? totalBytes),
      ),
      told: told.filter(({ end }) => end > kept.carryStart),
    },
    matches,
    window,
    windowStart: stream.carryStart,
    judgedBytes,
  };
}

/** In what was searched before, cut off from what stood before it: it may look like something that it is not. */
function isCutOff(stream: ContentStream, { start, end }: StreamMatch): boolean {
  return end < stream.totalBytes && stream.carryStart > 0 && start < stream.carryStart + CONTEXT_BYTES;
}

function isSamePlace(one: Place, other: Place): boolean {
  return (
    one.kind === other.kind && one.finder === other.finder && one.start < other.end && other.start < one.end
  );
}

/** First to last, without overlaps. */
function addReplacement(
  known: readonly Replacement[],
  { start, end }: StreamMatch,
  text: string,
): readonly Replacement[] {
  const beside = known.filter((one) => one.end <= start || end <= one.start);
  if (beside.length === known.length)
    return [...known, { start, end, text }].sort((left, right) => left.start - right.start);
  const joined = known.filter((one) => !beside.includes(one));
  const whole = {
    start: Math.min(start, ...joined.map((one) => one.start)),
    end: Math.max(end, ...joined.map((one) => one.end)),
    text: joined[0]?.text ?? text,
  };
  return [...beside, whole].sort((left, right) => left.start - right.start);
}

/** In bytes of the whole text, first to last. One pass over the window. */
function placeMatches(
  stream: ContentStream,
  window: string,
  found: readonly FoundText[],
): readonly StreamMatch[] {
  if (found.length === 0) return [];
  const places = [...new Set(found.flatMap(({ start, end }) => [start, end]))].sort((a, b) => a - b);
  const bytes = new Map<number, number>();
  let at = 0;
  let count = stream.carryStart;
  for (const place of places) {
    count += utf8Length(window, at, place);
    bytes.set(place, count);
    at = place;
  }
  return found
    .map(({ kind, finder, start, end }) => ({
      kind,
      finder,
      start: bytes.get(start) ?? 0,
      end: bytes.get(end) ?? 0,
      text: window.slice(start, end),
    }))
    .sort((left, right) => left.start - right.start);
}

/** The last bytes of the window, from the start of a character. */
function cutCarry(
  stream: ContentStream,
  window: string,
  totalBytes: number,
): Pick<ContentStream, "carry" | "carryStart"> {
  let at = window.length;
  let bytes = 0;
  while (at > 0) {
    const step = stepBack(window, at);
    const size = utf8Length(window, at - step, at);
    if (bytes + size > CARRY_MAX_BYTES) return { carry: window.slice(at), carryStart: totalBytes - bytes };
    bytes += size;
    at -= step;
  }
  return { carry: window, carryStart: stream.carryStart };
}

/** Bytes of the shortest end of the window that has at least `least` bytes, from the start of a character. */
function bytesOfEnd(window: string, least: number): number {
  let at = window.length;
  let bytes = 0;
  while (at > 0 && bytes < least) {
    const step = stepBack(window, at);
    bytes += utf8Length(window, at - step, at);
    at -= step;
  }
  return bytes;
}

/** Units of the character before `at`. */
function stepBack(text: string, at: number): 1 | 2 {
  const unit = text.charCodeAt(at - 1);
  return unit >= 0xdc00 && unit <= 0xdfff && at > 1 ? 2 : 1;
}

/** Bytes of a part of `text` as UTF-8. */
export function utf8Length(text: string, from: number, to: number): number {
  let bytes = to - from;
  for (let at = from; at < to; at += 1) {
    const unit = text.charCodeAt(at);
    // A pair of surrogates is two units and four bytes.
    if (unit >= 0x800 && (unit < 0xd800 || unit > 0xdfff)) bytes += 2;
    else if (unit >= 0x80) bytes += 1;
  }
  return bytes;
}
