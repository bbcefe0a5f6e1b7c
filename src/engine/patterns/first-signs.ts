// The sign that a pattern starts with, where it surely does: a text without any of the signs of a set holds nothing of it.

/** Where no other form of letters is meant: `(?-i)`, `(?i)`. */
const FLAGS = /^\(\?-?[a-z]{1,4}\)/;
/** A sign of ASCII that stands for itself: no letter, which has an upper and a lower case, and no digit. */
const SIGN = /^(?:\\([!-/:-@[-`{-~])|([!"#%&',/:;<=>@_`~-]))/;

/** The signs that matches of `patterns` (RE2) start with; undefined when one of them can start otherwise. */
export function findFirstSigns(patterns: readonly string[]): string | undefined {
  let signs = "";
  for (const pattern of patterns) {
    const sign = findFirstSign(pattern);
    if (sign === undefined) return undefined;
    signs += sign;
  }
  return signs;
}

function findFirstSign(pattern: string): string | undefined {
  const text = pattern.replace(FLAGS, "");
  const found = SIGN.exec(text);
  // An alternative could start with anything; a sign that may be missing starts nothing, also with flags, or `+` and
  // flags, before the `?`.
  if (found === null || pattern.includes("|") || /^(?:[*?{(]|\+\??\()/.test(text.slice(found[0].length)))
    return undefined;
  return found[1] ?? found[2];
}
