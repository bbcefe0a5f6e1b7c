// Addresses, routes and multipliers of rates, case by case.
import { describe, expect, test } from "vitest";
import { CidrTrie, parseAddress, parseRange, type Range } from "../../../../src/engine/rates/cidr-trie.ts";
import { advance, compileRate, waitFor } from "../../../../src/engine/rates/gcra.ts";
import {
  compileMultipliers,
  findNamedRoute,
  normaliseRoute,
  scaleRate,
} from "../../../../src/engine/rates/route.ts";

describe("parseAddress and parseRange", () => {
  test.each([
    "203.0.113",
    "0313.0.113.1",
    "3405803777",
    "0x7f.1.1.1",
    "example.com",
    "",
    "fe80::1%eth0",
    "203.0.113.7:80",
  ])("%s is no address", (text) => {
    expect(parseAddress(text)).toBeUndefined();
  });

  test.each([
    "203.0.113.7/24",
    "203.0.113.0/33",
    "203.0.113.0/",
    "203.0.113.0/024",
    "2001:db8::1/32",
    "::ffff:203.0.113.0/24",
  ])("%s is no range", (text) => {
    expect(parseRange(text)).toBeUndefined();
  });

  test("an IPv4 address written as IPv6 is the same address, and its range the same range", () => {
    expect(parseAddress("::ffff:203.0.113.7")).toEqual(parseAddress("203.0.113.7"));
    expect(parseRange("::ffff:203.0.113.0/120")).toEqual(parseRange("203.0.113.0/24"));
  });

  test("a single address is a range of itself", () => {
    expect(parseRange("203.0.113.7")?.bits).toBe(32);
    expect(parseRange("2001:db8::1")?.bits).toBe(128);
  });
});

describe("CidrTrie", () => {
  const trie = new CidrTrie<string>();
  for (const text of ["0.0.0.0/0", "203.0.113.0/24", "203.0.113.128/25", "2001:db8::/32"])
    trie.set(parseRange(text) as Range, text);

  test.each([
    ["203.0.113.1", "203.0.113.0/24"],
    ["203.0.113.200", "203.0.113.128/25"],
    ["::ffff:203.0.113.200", "203.0.113.128/25"],
    ["198.51.100.1", "0.0.0.0/0"],
    ["2001:db8:1::1", "2001:db8::/32"],
    ["2001:db9::1", undefined],
  ])("%s is in %s", (address, range) => {
    expect(trie.find(parseAddress(address) as Uint8Array)).toBe(range);
  });
});

describe("routes", () => {
  test.each([
    ["/v1/embeddings", "/v1/embeddings"],
    ["v1/embeddings/", "/v1/embeddings"],
    ["//v1///embeddings/batch?page=2", "/v1/embeddings/batch"],
    ["/v1/embeddings/../dreams#x", "/v1/dreams"],
    ["/v1/%65mbeddings/a%2fb", "/v1/embeddings/a%2Fb"],
    ["/../..", "/"],
    ["", "/"],
  ])("%s is %s", (route, wanted) => {
    expect(normaliseRoute(route)).toBe(wanted);
  });

  const multipliers = compileMultipliers({
    "/v1/embeddings/": 2.5,
    "/v1/embeddings/batch/slow": 0.5,
    "/v1/dreams": 0.25,
  });
  test.each([
    ["/v1/embeddings", "/v1/embeddings"],
    ["/v1/embeddings/batch", "/v1/embeddings"],
    ["/v1/embeddings/batch/slow/1", "/v1/embeddings/batch/slow"],
    ["/v1/embeddingsx", undefined],
    ["/v1", undefined],
    ["/", undefined],
  ])("%s belongs to %s", (route, named) => {
    expect(findNamedRoute(multipliers, route)).toBe(named);
  });

  test.each([
    [100, 2.5, 250],
    [5, 0.25, 1],
    [1, 0.01, 1],
    [100, 0.29, 29],
    [7, 1.5, 10],
  ])("%d × %d is %d", (value, factor, result) => {
    expect(scaleRate(value, factor)).toBe(result);
  });
});

describe("a bucket", () => {
  const rate = compileRate({ rps: 20, burst: 40 });

  test("admits the burst at once, then one every interval", () => {
    const instant = advance(rate, 0, 40, 1000);
    expect(waitFor(rate, instant, 1, 1000)).toBe(50);
    expect(waitFor(rate, instant, 1, 1050)).toBe(0);
    expect(waitFor(rate, instant, 2, 1050)).toBe(50);
  });

  test("a weight above the burst never passes, one of the burst does", () => {
    expect(waitFor(rate, 0, 41, 1000)).toBe(Number.POSITIVE_INFINITY);
    expect(waitFor(rate, 0, 40, 1000)).toBe(0);
  });
});
