import type { ContentStream, StreamStep } from "./content-stream.ts";

// What may be shown of a text in chunks after a step. Up to the first replacement the text is shown as it came, `releasedBytes`
// of it; from there on it is told anew, with what stands in the place of matches.

export interface LetOut {
  readonly stream: ContentStream;
  /** What is to be shown next, behind all that was shown; undefined while nothing has been replaced. */
  readonly replaced: string | undefined;
}

/** Lets out everything that is judged and stands before what stops the text. */
export function letOut(step: StreamStep): LetOut {
  const { stream } = step;
  const { judgedBytes } = step;
  const limit = Math.min(judgedBytes, stream.stoppedAt ?? judgedBytes, stream.endsAt ?? judgedBytes);
  const first = stream.isReplaced ? stream.shownBytes : stream.replacements[0]?.start;
  if (first === undefined || (!stream.isReplaced && first >= limit)) {
    const shown = Math.max(stream.shownBytes, limit);
    return { stream: { ...stream, releasedBytes: shown, shownBytes: shown }, replaced: undefined };
  }
  const from = Math.max(stream.shownBytes, first);
  const releasedBytes = stream.isReplaced ? stream.releasedBytes : from;
  return showFrom(step, { ...stream, releasedBytes, shownBytes: from, isReplaced: true }, limit);
}

/** A person allowed what stopped the text. */
export function goOn(step: StreamStep): StreamStep {
  const told = step.stream.told.map((one) => ({ ...one, isGranted: true }));
  return { ...step, stream: { ...step.stream, stoppedAt: undefined, told } };
}

/** Keeps everything in. Where something is replaced the text ends there: what was kept in could not be told later. */
export function keepIn({ stream }: StreamStep): ContentStream {
  if (!stream.isReplaced && stream.replacements.length === 0) return stream;
  return { ...stream, endsAt: Math.min(stream.endsAt ?? stream.shownBytes, stream.shownBytes) };
}

function showFrom(step: StreamStep, stream: ContentStream, limit: number): LetOut {
  const bytes = encoder.encode(step.window);
  const { windowStart } = step;
  let at = stream.shownBytes;
  let replaced = "";
  const show = (to: number): void => {
    if (to <= at) return;
    replaced += decoder.decode(bytes.subarray(at - windowStart, to - windowStart));
    at = to;
  };
  // Of what was not shown something is gone: it was kept in by a refusal.
  if (at < windowStart) return { stream: { ...stream, endsAt: at }, replaced };
  for (const { start, end, text } of stream.replacements) {
    if (start >= limit) break;
    if (end <= at) continue;
    show(start);
    replaced += text;
    at = end;
  }
  show(limit);
  const replacements = stream.replacements.filter(({ end }) => end > at);
  return { stream: { ...stream, shownBytes: at, replacements }, replaced };
}

const encoder = new TextEncoder();
/** A byte order mark inside a text is part of it. */
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
