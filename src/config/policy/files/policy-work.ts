import type { MessagePort } from "node:worker_threads";
import type { DocumentKind } from "../documents.ts";
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

export type PolicyAnswer =
  | { readonly type: "tenant"; readonly reading: TenantReading }
  | { readonly type: "platform"; readonly platform: PlatformReading; readonly isEmpty: boolean }
  | { readonly type: "text"; readonly text: string };
