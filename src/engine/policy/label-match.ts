// Which labels an override is for: every label it names must be there and match one of its values, exact or as a glob.

export interface LabelMatch {
  readonly label: string;
  readonly patterns: readonly string[];
  /** `district=08A`, as messages name it. */
  readonly text: string;
}

export type Labels = { readonly [name: string]: string };

export const NO_LABELS: Labels = Object.freeze({});

/** Labels of an execution with those that a request adds, which never replace one. */
export function addLabels(known: Labels, added: Labels): Labels {
  for (const _name in added) return { ...added, ...known };
  return known;
}

/** Labels and values one `match` may name. */
const MAX_LABELS = 32;
const MAX_VALUES = 100;

/** A text says what is wrong. */
export function readMatch(raw: { readonly [label: string]: unknown }): readonly LabelMatch[] | string {
  const entries = Object.entries(raw);
  if (entries.length === 0 || entries.length > MAX_LABELS) return `must name 1 to ${MAX_LABELS} labels`;
  const match: LabelMatch[] = [];
  for (const [label, value] of entries) {
    const patterns: readonly unknown[] = Array.isArray(value) ? value : [value];
    if (
      patterns.length === 0 ||
      patterns.length > MAX_VALUES ||
      !patterns.every((one) => typeof one === "string")
    )
      return `${label} must be text or a list of 1 to ${MAX_VALUES} texts: put numbers in quotes`;
    match.push({ label, patterns, text: `${label}=${patterns.join("|")}` });
  }
  return match;
}

/** `assumed` are labels that are missing and taken to have any value: what `missing_label: strictest` means. */
export function matchesLabels(
  match: readonly LabelMatch[],
  labels: Labels,
  assumed: readonly string[],
): boolean {
  return match.every(({ label, patterns }) => {
    const value = Object.hasOwn(labels, label) ? labels[label] : undefined;
    if (value === undefined) return assumed.includes(label);
    return patterns.some((pattern) => matchesPattern(pattern, value));
  });
}

/** `*` stands for any characters, also none. */
function matchesPattern(pattern: string, value: string): boolean {
  const [first = "", ...rest] = pattern.split("*");
  const last = rest.pop();
  if (last === undefined) return pattern === value;
  if (!value.startsWith(first) || !value.endsWith(last) || value.length < first.length + last.length)
    return false;
  const end = value.length - last.length;
  let at = first.length;
  for (const piece of rest) {
    const found = value.indexOf(piece, at);
    if (found < 0 || found + piece.length > end) return false;
    at = found + piece.length;
  }
  return true;
}
