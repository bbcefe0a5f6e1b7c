import type { AppendedRow, AppendQuery } from "../../../ports/cut-store.ts";

export interface ReaderData {
  readonly databasePath: string;
}

export type ReaderRequest =
  | { readonly kind: "query"; readonly id: number; readonly query: AppendQuery }
  | { readonly kind: "close" };

export type ReaderReply =
  | { readonly id: number; readonly rows: readonly AppendedRow[] }
  | { readonly id: number; readonly failure: string };
