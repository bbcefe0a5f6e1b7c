// Routes as multipliers of rates see them. Two ways to write one path are one route; a path that climbs (`..`) is the one it
// arrives at, so that nothing is reached under another route's rate.

/** `//v1/embeddings/batch/?page=2#top` is `/v1/embeddings/batch`. Case counts, as it does in paths. */
export function normaliseRoute(route: string): string {
  const path = decodeUnreserved(route.split(/[?#]/, 1)[0] as string);
  const segments: string[] = [];
  for (const segment of path.split("/")) {
    if (segment === "..") segments.pop();
    else if (segment !== "" && segment !== ".") segments.push(segment);
  }
  return `/${segments.join("/")}`;
}

/** Characters that need no escape mean the same with one (RFC 3986, 2.3). */
function decodeUnreserved(path: string): string {
  if (!path.includes("%")) return path;
  return path.replaceAll(/%[0-9A-Fa-f]{2}/g, (escape) => {
    const character = String.fromCharCode(Number.parseInt(escape.slice(1), 16));
    return /[A-Za-z0-9\-._~]/.test(character) ? character : escape.toUpperCase();
  });
}

/** By normalised route: what `rps` and `burst` are multiplied with. */
export type Multipliers = ReadonlyMap<string, number>;

export function compileMultipliers(byRoute: { readonly [route: string]: number }): Multipliers {
  return new Map(Object.entries(byRoute).map(([route, factor]) => [normaliseRoute(route), factor]));
}

/** The named route that a normalised route belongs to: itself, else the longest whose segments it begins with. */
export function findNamedRoute(multipliers: Multipliers, route: string): string | undefined {
  if (multipliers.size === 0) return undefined;
  for (let at = route; at !== ""; at = at.slice(0, at.lastIndexOf("/"))) if (multipliers.has(at)) return at;
  return multipliers.has("/") ? "/" : undefined;
}

/** A rate or burst times a factor, rounded down, at least 1. Decimal factors as people write them: 100 × 0.29 is 29. */
export function scaleRate(value: number, factor: number): number {
  // What is below 1 already is not raised: 0 stays 0.
  return Math.max(Math.min(1, value), Math.floor(Number((value * factor).toFixed(9))));
}
