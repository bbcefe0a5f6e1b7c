// What the main thread and the writer thread say to each other. Buffers are transferred, never cloned.

import type { Loaded, LoadedHead, RowChunk } from "../../ports/cut-store.ts";
import type { OpenSettings } from "./start/open-settings.ts";
import type { StoreOpenCode } from "./store-open-error.ts";

export interface WriterData {
  readonly settings: OpenSettings;
}

/** A cut as it crosses to the writer thread. */
export interface WriteRequest {
  readonly kind: "write";
  readonly number: number;
  readonly records: ArrayBuffer;
  readonly byteLength: number;
  readonly bootId: string;
  readonly monoMs: number;
  readonly wallMs: number;
}

export interface CloseRequest {
  readonly kind: "close";
}

export type WriterRequest = WriteRequest | CloseRequest;

/** Sizes after the last piece of work, bytes. */
export interface Sizes {
  readonly fileBytes: number;
  readonly walBytes: number;
}

/** Answers come in the order of the requests. */
export type WriterReply =
  /** As of a `RowReceiver`, before it is opened. */
  | { readonly kind: "begin"; readonly head: LoadedHead }
  | { readonly kind: "rows"; readonly chunk: RowChunk }
  | { readonly kind: "opened"; readonly loaded: Loaded; readonly sizes: Sizes }
  | { readonly kind: "open_failed"; readonly code: StoreOpenCode; readonly message: string }
  | {
      readonly kind: "written";
      readonly number: number;
      readonly commitMs: number;
      readonly markMs: number;
      readonly records: ArrayBuffer;
      readonly sizes: Sizes;
    }
  | {
      readonly kind: "write_failed";
      readonly cause: string;
      readonly records: ArrayBuffer;
      readonly sizes: Sizes;
    }
  /** Noticed between cuts: the file is gone (text), or all is well again (undefined). */
  | { readonly kind: "noticed"; readonly failure: string | undefined; readonly sizes: Sizes }
  | { readonly kind: "closed" };
