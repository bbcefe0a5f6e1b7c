import type { Json } from "./case-file.ts";
import type { Request } from "./requests.ts";

/** What came back: an answer in the JSON of the contract, or the failure. */
export type Outcome =
  | { readonly answer: Json }
  | { readonly error: string; readonly fields: readonly string[] };

/** One way to run a case. */
export interface Driver {
  send(request: Request): Promise<Outcome>;
  /** Puts other documents in force. */
  swap(documents: readonly Json[]): void;
  /** Moves both clocks, ms; what is due then happens. */
  advance(ms: number): void;
  close(): Promise<void>;
}
