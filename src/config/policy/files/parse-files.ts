import { createHash } from "node:crypto";
import { isId } from "../../../domain/ids.ts";
import type { QuotasFile } from "../../../domain/quotas/quotas-file.ts";
import {
  DOCUMENT_KINDS,
  type DocumentKind,
  type Prices,
  type TierDocument,
  type Tools,
} from "../documents.ts";
import { problemAt } from "../kinds/describe-issues.ts";
import { parsePrices } from "../kinds/parse-prices.ts";
import { parseQuotas } from "../kinds/parse-quotas.ts";
import { parseTools } from "../kinds/parse-tools.ts";
import { placeOf, positionOf } from "../yaml/position.ts";
import { type DocumentText, splitDocuments } from "../yaml/split-documents.ts";
import { parseYaml, type UnreadableYaml, type YamlSource } from "../yaml/yaml-source.ts";

// All documents of a policy with all errors at once. Runs in its own thread: YAML and schemas cost more to load than the rest
// of the daemon. Values of `Baseline` and `Tenant` are judged where policies are compiled; here it is told what they are.

/** Largest document, bytes: looked at before it is parsed. */
export const DOCUMENT_MAX_BYTES = 262_144;

export interface PolicyText {
  readonly name: string;
  readonly path: string;
  readonly text: string;
}

/** A tenant's document, or only the news that it is as it was. */
export type TenantReading =
  | { readonly type: "read"; readonly tenant: string; readonly document: TierDocument }
  | { readonly type: "unchanged"; readonly tenant: string; readonly hash: string }
  | {
      readonly type: "refused";
      /** Undefined when the document does not say whose it is. */
      readonly tenant: string | undefined;
      readonly name: string;
      readonly problems: readonly string[];
    };

/** What belongs to the platform, as one: if anything is wrong, none of it counts. */
export interface PlatformReading {
  /** Of all documents, tenants' too. */
  readonly hash: string;
  readonly platformHash: string;
  readonly baseline: TierDocument | undefined;
  readonly prices: Prices | undefined;
  readonly tools: Tools | undefined;
  readonly quotas: QuotasFile | undefined;
  readonly problems: readonly string[];
}

/** `known`: tenants by the hashes of documents that need not be read again. `tell` gets tenants in the order of files. */
export function parseFiles(
  texts: readonly PolicyText[],
  known: ReadonlyMap<string, string>,
  tell: (reading: TenantReading) => void,
): PlatformReading {
  const problems: string[] = [];
  const sources = new Map<DocumentKind, YamlSource[]>(DOCUMENT_KINDS.map((kind) => [kind, []]));
  const baselines: TierDocument[] = [];
  const whole = createHash("sha256");
  const ofPlatform = createHash("sha256");
  for (const file of texts) {
    for (const document of splitDocuments(file.text)) {
      const hash = hashOf(file, document);
      whole.update(hash);
      const tenant = known.get(hash);
      if (tenant !== undefined) {
        tell({ type: "unchanged", tenant, hash });
        continue;
      }
      const read = readOne(file, document, hash, problems);
      if (read === undefined || !("reading" in read)) ofPlatform.update(hash);
      if (read === undefined) continue;
      if ("reading" in read) tell(read.reading);
      else if (read.kind === "Baseline") baselines.push(tierDocument("Baseline", read.source, file, hash));
      else sources.get(read.kind)?.push(read.source);
    }
  }
  const [baseline, ...others] = baselines;
  for (const other of others) {
    const first = baseline === undefined ? "" : placeOf(baseline, []);
    problems.push(`${placeOf(other, [])}: the baseline stands already at ${first}`);
  }
  return {
    hash: whole.digest("hex").slice(0, ETAG_LENGTH),
    platformHash: ofPlatform.digest("hex"),
    baseline,
    prices: orNothing(sources.get("Prices"), (found) => parsePrices(found, problems)),
    tools: orNothing(sources.get("Tools"), (found) => parseTools(found, problems)),
    quotas: parseQuotas(sources.get("Quotas") ?? [], problems),
    problems,
  };
}

type ReadOne =
  | { readonly reading: TenantReading }
  | { readonly kind: Exclude<DocumentKind, "Tenant">; readonly source: YamlSource };

/** Undefined for what nobody can tell the kind of, and for what the platform wrote wrongly. */
function readOne(
  file: PolicyText,
  document: DocumentText,
  hash: string,
  problems: string[],
): ReadOne | undefined {
  const { name, path } = file;
  const bytes = Buffer.byteLength(document.text);
  const parsed = bytes > DOCUMENT_MAX_BYTES ? tooLarge(path, document, bytes) : parseYaml(path, document);
  if (!parsed.ok) {
    if (parsed.kind === "Tenant") {
      const tenant = parsed.tenant !== undefined && isId(parsed.tenant) ? parsed.tenant : undefined;
      return { reading: { type: "refused", tenant, name, problems: parsed.problems } };
    }
    problems.push(...parsed.problems);
    return undefined;
  }
  const { source } = parsed;
  const kind = judgeKind(source, problems);
  if (kind !== "Tenant") return kind === undefined ? undefined : { kind, source };
  const { tenant } = source.value as { readonly tenant?: unknown };
  if (typeof tenant === "string" && isId(tenant))
    return { reading: { type: "read", tenant, document: tierDocument("Tenant", source, file, hash) } };
  const must = "must be text of 1 to 128 visible ASCII characters: the name of the tenant";
  const problem = problemAt(
    source,
    ["tenant"],
    tenant === undefined ? "is required" : `${JSON.stringify(tenant)} ${must}`,
  );
  return { reading: { type: "refused", tenant: undefined, name, problems: [problem] } };
}

function tooLarge(
  path: string,
  { line, text }: DocumentText,
  bytes: number,
): { readonly ok: false } & UnreadableYaml {
  const problem = `${path}:${line}:1: has ${bytes} bytes; a document has at most ${DOCUMENT_MAX_BYTES}`;
  const header = text.slice(0, HEADER_CHARACTERS);
  const find = (key: string): string | undefined =>
    new RegExp(`^${key}:[ \\t]+([^\\s"'#]{1,128})`, "m").exec(header)?.[1];
  return { ok: false, problems: [problem], kind: find("kind"), tenant: find("tenant") };
}

/** Where `kind` and `tenant` are looked for in a document that is too large to be read. */
const HEADER_CHARACTERS = 4_096;

/** The kind of a document; a mapping with `version: 1` and without `kind` holds quotas. */
function judgeKind(source: YamlSource, problems: string[]): DocumentKind | undefined {
  const { value } = source;
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    problems.push(`${positionOf(source, [])}: a policy document is a mapping with apiVersion and kind`);
    return undefined;
  }
  const { kind, version } = value as { readonly kind?: unknown; readonly version?: unknown };
  if (kind === undefined && version !== undefined) return "Quotas";
  if (DOCUMENT_KINDS.includes(kind as DocumentKind)) return kind as DocumentKind;
  const shown = kind === undefined ? "is missing" : JSON.stringify(kind);
  problems.push(`${positionOf(source, ["kind"])}: kind ${shown}: must be ${DOCUMENT_KINDS.join(", ")}`);
  return undefined;
}

function tierDocument(
  kind: "Baseline" | "Tenant",
  { value, places }: YamlSource,
  { name, path }: PolicyText,
  hash: string,
): TierDocument {
  const document = { kind, name, value: value as { readonly [key: string]: unknown }, places };
  return { document, file: path, hash };
}

function orNothing<T>(
  sources: readonly YamlSource[] | undefined,
  parse: (found: readonly YamlSource[]) => T,
): T | undefined {
  return sources === undefined || sources.length === 0 ? undefined : parse(sources);
}

/** Characters of the hash of all files: enough to tell policies apart. */
const ETAG_LENGTH = 16;
/** Characters of the hash of a document, of which there are many. */
const HASH_LENGTH = 32;

/** Of the text and of where it stands: findings name lines. */
function hashOf({ name }: PolicyText, { text, line }: DocumentText): string {
  return createHash("sha256").update(`${name}\n${line}\n${text}`).digest("hex").slice(0, HASH_LENGTH);
}
