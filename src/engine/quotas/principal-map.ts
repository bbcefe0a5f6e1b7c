// Values by principal, as `quotas` and `rates` are written: `global`, `user:alice`, `user:*`, `team:research-*`; a level alone
// (`tenant`, `user`) is each of it. In one document a name stands before patterns; patterns that match hold all together.
// Look-ups of names cost one step.

export interface PrincipalMap<Value> {
  readonly exact: ReadonlyMap<string, Value>;
  readonly patterns: readonly {
    readonly key: string;
    readonly level: string;
    readonly parts: readonly string[];
    readonly value: Value;
  }[];
}

export interface Entry<Value> {
  /** As it is written. */
  readonly key: string;
  readonly value: Value;
}

export function compilePrincipals<Value>(written: {
  readonly [principal: string]: Value;
}): PrincipalMap<Value> {
  const exact = new Map<string, Value>();
  const patterns: { key: string; level: string; parts: readonly string[]; value: Value }[] = [];
  for (const [key, value] of Object.entries(written)) {
    const colon = key.indexOf(":");
    const name = colon < 0 ? "*" : key.slice(colon + 1);
    if (key === "global" || !name.includes("*")) exact.set(key, value);
    else patterns.push({ key, level: colon < 0 ? key : key.slice(0, colon), parts: name.split("*"), value });
  }
  return { exact, patterns };
}

/** What is written for one principal: its name, else all patterns that match. */
export function entriesFor<Value>(
  map: PrincipalMap<Value>,
  level: string,
  name: string,
): readonly Entry<Value>[] {
  const named = namedEntry(map, level, name);
  return named === undefined ? matchingEntries(map, level, name) : [named];
}

export function namedEntry<Value>(
  map: PrincipalMap<Value>,
  level: string,
  name: string,
): Entry<Value> | undefined {
  const key = level === "global" ? level : `${level}:${name}`;
  const value = map.exact.get(key);
  return value === undefined ? undefined : { key, value };
}

/** Entries of patterns. */
export function matchingEntries<Value>(
  map: PrincipalMap<Value>,
  level: string,
  name: string,
): readonly Entry<Value>[] {
  return map.patterns.filter((one) => one.level === level && matches(one.parts, name));
}

/** `parts` are what stands between the stars. */
function matches(parts: readonly string[], name: string): boolean {
  const first = parts[0] as string;
  const last = parts.at(-1) as string;
  if (name.length < first.length + last.length || !name.startsWith(first) || !name.endsWith(last))
    return false;
  let at = first.length;
  const end = name.length - last.length;
  for (const part of parts.slice(1, -1)) {
    const found = name.indexOf(part, at);
    if (found < 0 || found + part.length > end) return false;
    at = found + part.length;
  }
  return true;
}
