import type { MessagePort } from "node:worker_threads";
import type { PolicyPlaces } from "./find-files.ts";
import type { PlatformReading, TenantReading } from "./parse-files.ts";

/** What the thread that parses is asked for, and the port that its answers come through. */
export interface PolicyWork {
  readonly places: PolicyPlaces;
  /** Tenants by the hashes of documents that need not be read again. */
  readonly known: ReadonlyMap<string, string>;
  readonly port: MessagePort;
}

export type PolicyAnswer =
  | { readonly type: "tenant"; readonly reading: TenantReading }
  | { readonly type: "platform"; readonly platform: PlatformReading; readonly isEmpty: boolean };
