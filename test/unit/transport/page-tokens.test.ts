import { describe, expect, test } from "vitest";
import {
  formatPageToken,
  pageSizeFromProto,
  parsePageToken,
} from "../../../src/transport/convert/page-tokens.ts";

describe("page tokens", () => {
  test("give back the place they were made for", () => {
    const token = formatPageToken(1_700_000_000_000, "uds\nexec", "filters");
    expect(parsePageToken(token, "filters")).toEqual({ number: 1_700_000_000_000, key: "uds\nexec" });
    expect(parsePageToken("", "filters")).toBeUndefined();
  });

  test.each([
    "%",
    "bm8",
    Buffer.from("[1]").toString("base64url"),
    Buffer.from('["1","k",0]').toString("base64url"),
  ])("refuse %s", (token) => {
    expect(() => parsePageToken(token, "filters")).toThrow(/page_token/);
  });

  test("belong to their filters", () => {
    expect(() => parsePageToken(formatPageToken(1, "k", "a"), "b")).toThrow(/other filters/);
  });
});

describe("page sizes", () => {
  test.each([
    [undefined, 100],
    [0, 100],
    [7, 7],
    [1_000, 1_000],
    [5_000, 1_000],
  ])("%s is %s", (asked, size) => {
    expect(pageSizeFromProto(asked)).toBe(size);
  });
});
