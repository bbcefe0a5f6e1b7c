import type { MessagePort } from "node:worker_threads";
import type { PolicyDocument } from "../../../domain/policy/document.ts";
import type { DocumentKind, Prices, TierDocument, Tools } from "../documents.ts";
import type { PolicyPlaces } from "./find-files.ts";
import type { PlatformReading, PolicyText, TenantReading } from "./parse-files.ts";

/** What the thread that parses is asked for, and the port that its answers come through. */
export type PolicyWork = {
  readonly port: MessagePort;
} & (
  | {
      readonly type: "files";
      readonly places: PolicyPlaces;
      /** Tenants by the hashes of documents that need not be read again. */
      readonly known: ReadonlyMap<string, string>;
    }
  | { readonly type: "texts"; readonly texts: readonly PolicyText[] }
  /** Replaces one section of a document; undefined takes it out. */
  | { readonly type: "edit"; readonly text: string; readonly section: string; readonly value: unknown }
  | { readonly type: "schema"; readonly kind: DocumentKind }
);

/** A document on its way: its values as JSON, which is read several times as fast as values are taken over one by one. */
export interface PackedDocument extends Omit<TierDocument, "document"> {
  readonly document: Omit<PolicyDocument, "value">;
  readonly json: string;
}

export function packDocument({ document, ...rest }: TierDocument): PackedDocument {
  const { value, ...about } = document;
  return { ...rest, document: about, json: JSON.stringify(value) };
}

export function unpackDocument({ document, json, ...rest }: PackedDocument): TierDocument {
  return { ...rest, document: { ...document, value: JSON.parse(json) as PolicyDocument["value"] } };
}

export type PackedReading =
  | { readonly type: "read"; readonly tenant: string; readonly document: PackedDocument }
  | Exclude<TenantReading, { readonly type: "read" }>;

/** Without what there may be thousands of: that comes before it, part by part. */
export type PackedPlatform = Omit<PlatformReading, "baseline" | "prices" | "tools"> & {
  readonly baseline: PackedDocument | undefined;
  /** Undefined without any `Prices` document. */
  readonly charges: Prices["charges"] | undefined;
  readonly hasTools: boolean;
};

/** Entries of a price list or a tool catalogue that are taken over in one piece. */
const PART_ENTRIES = 64;

/** The prices and tools of a platform, in parts. */
export function* partsOf({ prices, tools }: PlatformReading): Generator<PolicyAnswer> {
  for (const models of inParts(prices?.models ?? [])) yield { type: "models", models };
  for (const entries of inParts(tools?.entries ?? [])) {
    const places = entries.map(({ name }) => tools?.schemaPlaces.get(name) ?? "");
    yield { type: "tools", entries, places };
  }
}

function* inParts<T>(all: readonly T[]): Generator<readonly T[]> {
  for (let at = 0; at < all.length; at += PART_ENTRIES) yield all.slice(at, at + PART_ENTRIES);
}

export type PolicyAnswer =
  | { readonly type: "tenant"; readonly reading: PackedReading }
  | { readonly type: "models"; readonly models: Prices["models"] }
  /** `places`: where the schema of each stands. */
  | { readonly type: "tools"; readonly entries: Tools["entries"]; readonly places: readonly string[] }
  | { readonly type: "platform"; readonly platform: PackedPlatform; readonly isEmpty: boolean }
  | { readonly type: "text"; readonly text: string };
