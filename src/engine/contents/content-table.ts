import type { Decision, Finding } from "../../domain/decision.ts";
import type { ContentStream } from "../texts/content-stream.ts";

/** The answer about a text or its next chunk. */
export interface ContentAnswer {
  readonly decision: Decision;
  /** Bytes of the text so far that may be shown; it never shrinks. */
  readonly releasedBytes: number;
  /** Of a whole text: what to use instead. Of chunks: what to show next, behind `releasedBytes` and all told of it before. */
  readonly repairedText: string | undefined;
  readonly reason: string | undefined;
}

export interface LastChunk {
  readonly digest: string;
  readonly judgedBytes: number;
  readonly answer: ContentAnswer;
}

/** A text that comes in chunks. In memory only: it holds the end of the text, which is written nowhere. */
export interface OpenContent {
  readonly key: string;
  stream: ContentStream;
  /** Number of the next chunk. */
  next: number;
  isEnded: boolean;
  /** What refused: nothing further of this text is let out, unless a person allows it. */
  refusals: readonly Finding[];
  /** Kinds of secrets that were found. */
  secretKinds: readonly string[];
  /** Digest of all chunks so far. */
  digest: string;
  /** The same up to the chunk that was refused last: what a person is asked about. */
  refusedDigest: string;
  /** The last chunk. */
  last: LastChunk | undefined;
  /** Monotonic, ms. */
  usedMono: number;
}

/** How long a text is remembered after its last chunk, and how many are. */
export const CONTENT_MEMORY_MS = 60_000;
export const MAX_CONTENTS = 4_096;

/** By key, the one used longest ago first. */
export class ContentTable {
  readonly #open = new Map<string, OpenContent>();

  get size(): number {
    return this.#open.size;
  }

  find(key: string): OpenContent | undefined {
    return this.#open.get(key);
  }

  put(content: OpenContent): void {
    this.#open.delete(content.key);
    this.#open.set(content.key, content);
  }

  /** Forgets the texts of which nothing came for a minute. */
  forgetOld(monoMs: number): void {
    for (const [key, { usedMono }] of this.#open) {
      if (monoMs - usedMono < CONTENT_MEMORY_MS) return;
      this.#open.delete(key);
    }
  }
}
