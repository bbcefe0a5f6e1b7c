// What a text could hold, from one look at its characters: most texts are short words, and nothing else has to look at
// them.
import { WORD_LENGTH } from "./text-hints.ts";

export const SURVEY = {
  /** As many characters without a blank as the shortest secret has that no word gives away, or a scheme. */
  run: 1,
  /** As many as encoded text has. */
  longRun: 2,
  notAscii: 4,
  percent: 8,
  /** A backslash or an ampersand. */
  escape: 16,
} as const;

const LONG_RUN_LENGTH = 20;

/** Flags of SURVEY. */
export function surveyText(text: string): number {
  let flags = 0;
  let start = -1;
  for (let at = 0; at < text.length; at += 1) {
    const unit = text.charCodeAt(at);
    if (unit <= 0x20) {
      if (at - start > WORD_LENGTH) flags |= at - start > LONG_RUN_LENGTH ? 3 : 1;
      start = at;
    } else if (unit >= 0x80) flags |= SURVEY.notAscii;
    else if (unit === 0x25) flags |= SURVEY.percent;
    else if (unit === 0x5c || unit === 0x26) flags |= SURVEY.escape;
    else if (unit === 0x3a && text.charCodeAt(at + 1) === 0x2f) flags |= SURVEY.run;
  }
  const last = text.length - start;
  if (last > WORD_LENGTH) flags |= last > LONG_RUN_LENGTH ? 3 : 1;
  return flags;
}
