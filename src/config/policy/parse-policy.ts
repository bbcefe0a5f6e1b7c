import { createHash } from "node:crypto";
import type { ParsedPolicy, PolicyFile } from "./documents.ts";
import { type PlacedPrice, parsePrices } from "./parse-prices.ts";
import { parseYaml, type YamlSource } from "./yaml-source.ts";

// All documents of a policy directory at once, with all errors at once. Runs in its own thread: YAML and schemas cost more
// to load than the rest of the daemon.

const API_VERSION = "tollgate.dev/v1";
/** Kinds of later versions: named, so that nobody believes they are in force. */
const LATER_KINDS = ["Baseline", "Tenant", "Tools", "Quotas"];
/** Characters of the etag: enough to tell policies apart. */
const ETAG_LENGTH = 16;

export function parsePolicy(files: readonly PolicyFile[]): ParsedPolicy {
  const problems: string[] = [];
  const placed: PlacedPrice[] = [];
  let hasPrices = false;
  for (const { name, text } of files) {
    for (const source of parseYaml(name, text, problems)) {
      if (!isPrices(source, problems)) continue;
      hasPrices = true;
      placed.push(...parsePrices(source, problems));
    }
  }
  refuseDuplicates(placed, problems);
  if (problems.length > 0) return { kind: "refused", problems };
  const prices = hasPrices ? placed.map(({ entry }) => entry) : undefined;
  return { kind: "parsed", documents: { etag: etagOf(files), prices } };
}

function isPrices(source: YamlSource, problems: string[]): boolean {
  const { value } = source;
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    problems.push(`${source.position([])}: a policy document is a mapping with apiVersion and kind`);
    return false;
  }
  const { kind, apiVersion } = value as { readonly kind?: unknown; readonly apiVersion?: unknown };
  if (kind === "Prices") return true;
  const name = typeof kind === "string" ? kind : JSON.stringify(kind);
  const isLater = apiVersion === API_VERSION && LATER_KINDS.includes(name);
  const why = isLater
    ? `kind ${name} is not read by this version, and what it says would not be in force: take it out of the policy directory`
    : `kind ${name ?? "is missing"}: must be Prices`;
  problems.push(`${source.position(["kind"])}: ${why}`);
  return false;
}

function refuseDuplicates(placed: readonly PlacedPrice[], problems: string[]): void {
  const seen = new Map<string, string>();
  for (const { entry, position } of placed) {
    const key = `${entry.provider}\n${entry.model}`;
    const first = seen.get(key);
    if (first === undefined) seen.set(key, position);
    else problems.push(`${position}: ${entry.provider}/${entry.model} has a price already, at ${first}`);
  }
}

function etagOf(files: readonly PolicyFile[]): string {
  const hash = createHash("sha256");
  for (const { name, text } of files) hash.update(`${name}\n${text.length}\n`).update(text);
  return hash.digest("hex").slice(0, ETAG_LENGTH);
}
