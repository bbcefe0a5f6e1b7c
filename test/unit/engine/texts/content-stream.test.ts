import { describe, expect, test } from "vitest";
import {
  CARRY_MAX_BYTES,
  EMPTY_STREAM,
  HOLD_BACK_MAX_BYTES,
  pushChunk,
  type StreamOptions,
} from "../../../../src/engine/texts/content-stream.ts";

const options: StreamOptions = {
  isLast: false,
  holdBackBytes: 4,
  find: (text) =>
    Array.from(text.matchAll(/b+/g), ({ index, 0: found }) => ({
      kind: "b",
      start: index,
      end: index + found.length,
    })),
  stops: () => false,
};

describe("pushChunk", () => {
  test("holds back the end until the last chunk", () => {
    const first = pushChunk(EMPTY_STREAM, "aaaaaaaa", options);
    expect(first.stream.releasedBytes).toBe(4);
    expect(pushChunk(first.stream, "", { ...options, isLast: true }).stream.releasedBytes).toBe(8);
  });

  test("a match that may grow is told when it is complete", () => {
    const first = pushChunk(EMPTY_STREAM, "aab", options);
    expect(first.matches).toEqual([]);
    const second = pushChunk(first.stream, "b€", options);
    expect(second.matches).toEqual([{ kind: "b", start: 2, end: 4 }]);
    expect(second.stream.totalBytes).toBe(7);
    expect(pushChunk(second.stream, "a", options).matches).toEqual([]);
  });

  test("a match at the very end is told with the last chunk, also an empty one", () => {
    const first = pushChunk(EMPTY_STREAM, "ab", options);
    const last = pushChunk(first.stream, "", { ...options, isLast: true });
    expect(last.matches).toEqual([{ kind: "b", start: 1, end: 2 }]);
  });

  test("a match that grows beyond what can be held back is let out from its start on, and still told", () => {
    let stream = EMPTY_STREAM;
    for (let chunk = 0; chunk < 3; chunk += 1) stream = pushChunk(stream, "b".repeat(3_000), options).stream;
    expect(stream.releasedBytes).toBe(9_000 - HOLD_BACK_MAX_BYTES);
    expect(stream.carry.length).toBe(CARRY_MAX_BYTES);
    expect(pushChunk(stream, "a", options).matches).toEqual([
      { kind: "b", start: 9_000 - CARRY_MAX_BYTES, end: 9_000 },
    ]);
  });

  test("the same step repeated gives the same answer", () => {
    const first = pushChunk(EMPTY_STREAM, "aabba", options);
    expect(pushChunk(EMPTY_STREAM, "aabba", options)).toEqual(first);
  });
});
