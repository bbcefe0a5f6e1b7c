import { describe, expect, test } from "vitest";
import {
  CARRY_MAX_BYTES,
  type ContentStream,
  EMPTY_STREAM,
  HOLD_BACK_MAX_BYTES,
  pushChunk,
  type StreamOptions,
} from "../../../../src/engine/texts/content-stream.ts";
import { keepIn, letOut } from "../../../../src/engine/texts/let-out.ts";

const options: StreamOptions = {
  isLast: false,
  holdBackBytes: 4,
  find: (text) =>
    Array.from(text.matchAll(/b+/g), ({ index, 0: found }) => ({
      kind: "b",
      finder: "test",
      start: index,
      end: index + found.length,
    })),
  treat: () => "tell",
};

/** Pushes chunks and lets out what may be. */
function push(stream: ContentStream, chunk: string, changes: Partial<StreamOptions> = {}) {
  const step = pushChunk(stream, chunk, { ...options, ...changes });
  return { matches: step.matches, ...letOut(step) };
}

describe("pushChunk", () => {
  test("holds back the end until the last chunk", () => {
    const first = push(EMPTY_STREAM, "aaaaaaaa");
    expect(first.stream.releasedBytes).toBe(4);
    expect(push(first.stream, "", { isLast: true }).stream.releasedBytes).toBe(8);
  });

  test("holds back whole characters", () => {
    expect(push(EMPTY_STREAM, "ää€€").stream.releasedBytes).toBe(4);
    expect(push(EMPTY_STREAM, "a😀ab").stream.releasedBytes).toBe(1);
  });

  test("a match that may grow is told when it is complete", () => {
    const first = push(EMPTY_STREAM, "aab");
    expect(first.matches).toEqual([]);
    const second = push(first.stream, "b€");
    expect(second.matches).toEqual([{ kind: "b", finder: "test", start: 2, end: 4, text: "bb" }]);
    expect(second.stream.totalBytes).toBe(7);
    expect(push(second.stream, "a").matches).toEqual([]);
  });

  test("a match at the very end is told with the last chunk, also an empty one", () => {
    const first = push(EMPTY_STREAM, "ab");
    expect(push(first.stream, "", { isLast: true }).matches).toMatchObject([{ start: 1, end: 2 }]);
  });

  test("a match that only what follows makes one is told, and not let out before", () => {
    const find: StreamOptions["find"] = (text) => {
      const at = text.search(/\d{4} is mine/);
      return at < 0 ? [] : [{ kind: "number", finder: "test", start: at, end: at + 4 }];
    };
    const first = push(EMPTY_STREAM, "a 1234 is ", { find, holdBackBytes: 16 });
    expect(first.matches).toEqual([]);
    const second = push(first.stream, "mine, all of it", { find, holdBackBytes: 16, treat: () => "stop" });
    expect(second.matches).toMatchObject([{ start: 2, end: 6, text: "1234" }]);
    expect(second.stream.stoppedAt).toBe(2);
    expect(push(second.stream, "…", { find, isLast: true }).matches).toEqual([]);
  });

  test("a match that grows beyond what can be held back is let out from its start on, and still told", () => {
    let stream = EMPTY_STREAM;
    for (let chunk = 0; chunk < 3; chunk += 1) stream = push(stream, "b".repeat(3_000)).stream;
    expect(stream.releasedBytes).toBe(9_000 - HOLD_BACK_MAX_BYTES);
    expect(stream.carry.length).toBe(CARRY_MAX_BYTES);
    expect(push(stream, "a").matches).toMatchObject([{ start: 9_000 - CARRY_MAX_BYTES, end: 9_000 }]);
  });

  test("one that must not be let out stops the text when it has grown that long", () => {
    const treat = () => ({ replacement: "…" });
    const first = push(EMPTY_STREAM, `aa${"b".repeat(3_000)}`, { treat });
    expect(first).toMatchObject({ matches: [], stream: { releasedBytes: 2 } });
    const second = push(first.stream, "b".repeat(3_000), { treat });
    expect(second.matches).toHaveLength(1);
    expect(push(second.stream, "aaaa", { treat, isLast: true }).stream).toMatchObject({ releasedBytes: 2 });
  });

  test("the same step repeated gives the same answer", () => {
    const first = pushChunk(EMPTY_STREAM, "aabba", options);
    expect(pushChunk(EMPTY_STREAM, "aabba", options)).toEqual(first);
  });
});

describe("letOut", () => {
  const treat = () => ({ replacement: "[X]" });

  test("shows the text as it came up to the first replacement, and tells it anew from there", () => {
    const first = push(EMPTY_STREAM, "aaaabbcccc", { treat, holdBackBytes: 0 });
    expect(first).toMatchObject({ replaced: "[X]cccc", stream: { releasedBytes: 4, shownBytes: 10 } });
    const second = push(first.stream, "dbd", { treat, isLast: true });
    expect(second).toMatchObject({ replaced: "d[X]d", stream: { releasedBytes: 4 } });
  });

  test("tells a replacement whole, though a part of what it stands for is held back", () => {
    const first = push(EMPTY_STREAM, "aabbbbcc", { treat });
    expect(first).toMatchObject({ replaced: "[X]", stream: { releasedBytes: 2, shownBytes: 6 } });
    expect(push(first.stream, "", { treat, isLast: true }).replaced).toBe("cc");
  });

  test("keeps a byte order mark and characters of every length", () => {
    const first = push(EMPTY_STREAM, "b\uFEFFé€😀", { treat, isLast: true });
    expect(first.replaced).toBe("[X]\uFEFFé€😀");
  });
});

describe("keepIn", () => {
  test("lets nothing out; what was kept in comes with the next step", () => {
    const kept = keepIn(pushChunk(EMPTY_STREAM, "aaaaaaaa", options));
    expect(kept.releasedBytes).toBe(0);
    expect(push(kept, "", { isLast: true }).stream.releasedBytes).toBe(8);
  });

  test("ends a text of which something is replaced", () => {
    const treat = () => ({ replacement: "[X]" });
    const kept = keepIn(pushChunk(EMPTY_STREAM, "aabbaaaaaa", { ...options, treat }));
    expect(push(kept, "aaaa", { treat, isLast: true })).toMatchObject({
      replaced: undefined,
      stream: { releasedBytes: 0 },
    });
  });
});
