// A text that comes in chunks, searched so that a match over a border of chunks is found and nothing of it is let out before
// it is judged. The end of what came is held back: a match that is no longer than what is held back cannot slip out.
// A state machine of plain data: the same chunks give the same steps, and a step repeated changes nothing.
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
  /** Bytes that may be shown; it never shrinks. */
  readonly releasedBytes: number;
  /** Where the first match stands that nothing is let out beyond. */
  readonly stoppedAt: number | undefined;
}

/** A match in bytes of the whole text as UTF-8. */
export interface StreamMatch {
  readonly kind: string;
  readonly start: number;
  readonly end: number;
}

export interface StreamStep {
  readonly stream: ContentStream;
  /** Matches that this chunk completed, each told once. */
  readonly matches: readonly StreamMatch[];
}

export interface StreamOptions {
  readonly isLast: boolean;
  /** Length of the longest match that must not be partly let out, bytes; at most HOLD_BACK_MAX_BYTES. */
  readonly holdBackBytes: number;
  /** What is searched for. */
  readonly find: (text: string) => readonly TextMatch[];
  /** Whether nothing may be let out from the start of this match on. */
  readonly stops: (match: StreamMatch) => boolean;
}

export const EMPTY_STREAM: ContentStream = Object.freeze({
  carry: "",
  carryStart: 0,
  totalBytes: 0,
  releasedBytes: 0,
  stoppedAt: undefined,
});

/** The next chunk, well-formed Unicode, perhaps empty. Linear in carry and chunk. */
export function pushChunk(stream: ContentStream, chunk: string, options: StreamOptions): StreamStep {
  const window = stream.carry + chunk;
  const totalBytes = stream.totalBytes + utf8Length(chunk, 0, chunk.length);
  const holdBack = options.isLast ? 0 : Math.min(options.holdBackBytes, HOLD_BACK_MAX_BYTES);
  let held = Math.max(0, totalBytes - holdBack);
  let stoppedAt = stream.stoppedAt;
  const matches: StreamMatch[] = [];
  for (const match of placeMatches(stream, window, options.find(window))) {
    const isOpen = match.end === totalBytes && !options.isLast;
    // It may grow with the next chunk: it is told then, and until then it is held back as far as the carry reaches.
    if (isOpen) held = Math.min(held, Math.max(match.start, totalBytes - HOLD_BACK_MAX_BYTES));
    else if (match.end > stream.totalBytes || isOldOpen(stream, match)) {
      matches.push(match);
      if (options.stops(match)) stoppedAt = Math.min(stoppedAt ?? match.start, match.start);
    }
  }
  const releasedBytes = Math.max(stream.releasedBytes, Math.min(held, stoppedAt ?? totalBytes));
  return {
    stream: { ...cutCarry(stream, window, totalBytes), totalBytes, releasedBytes, stoppedAt },
    matches,
  };
}

/** It ended exactly where the last chunk did, so it was not told yet. */
function isOldOpen(stream: ContentStream, match: StreamMatch): boolean {
  return match.end === stream.totalBytes && stream.totalBytes > 0;
}

/** In bytes of the whole text, first to last. One pass over the window. */
function placeMatches(
  stream: ContentStream,
  window: string,
  found: readonly TextMatch[],
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
    .map(({ kind, start, end }) => ({ kind, start: bytes.get(start) ?? 0, end: bytes.get(end) ?? 0 }))
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
    const step = isLowSurrogate(window.charCodeAt(at - 1)) && at > 1 ? 2 : 1;
    const size = utf8Length(window, at - step, at);
    if (bytes + size > CARRY_MAX_BYTES) return { carry: window.slice(at), carryStart: totalBytes - bytes };
    bytes += size;
    at -= step;
  }
  return { carry: window, carryStart: stream.carryStart };
}

function isLowSurrogate(unit: number): boolean {
  return unit >= 0xdc00 && unit <= 0xdfff;
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
