import { describe, expect, test } from "vitest";
import { PolicyHistory } from "../../../src/daemon/policy/policy-history.ts";

const MEBIBYTE = 1_048_576;

function replacedOf(json: string): ReadonlyMap<string, string | undefined> {
  return new Map([["Tenant\nacme\nfile", json]]);
}

describe("policies that are remembered", () => {
  test("tell what they and all later ones replaced; the later of two equal ones counts", () => {
    const history = new PolicyHistory();
    const replaced = ["1", "2", "1 again", "3"].map(replacedOf);
    for (const [at, etag] of ["a", "b", "a", "c"].entries()) history.add(etag, replaced[at] ?? new Map());
    expect(history.since("b")).toEqual(replaced.slice(1));
    expect(history.since("a")).toEqual(replaced.slice(2));
    expect(history.since("d")).toBeUndefined();
  });

  test("are 31 beside the one in force", () => {
    const history = new PolicyHistory();
    for (let at = 0; at < 32; at++) history.add(`etag-${at}`, replacedOf("{}"));
    expect([history.since("etag-0"), history.since("etag-1")?.length]).toEqual([undefined, 31]);
  });

  test("are fewer when they take more than 16 MiB together; the last one is remembered whatever it takes", () => {
    const history = new PolicyHistory();
    const large = replacedOf("x".repeat(8 * MEBIBYTE - 20));
    for (const etag of ["a", "b"]) history.add(etag, large);
    expect(history.since("a")?.length).toBe(2);
    history.add("c", replacedOf("x".repeat(100)));
    expect([history.since("a"), history.since("b")?.length]).toEqual([undefined, 2]);
    history.add("d", replacedOf("x".repeat(17 * MEBIBYTE)));
    expect([history.since("c"), history.since("d")?.length]).toEqual([undefined, 1]);
  });
});
