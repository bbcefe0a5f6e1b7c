import { describe, expect, test } from "vitest";
import { classifyName } from "../../../../src/engine/addresses/classify-name.ts";
import { parseHost } from "../../../../src/engine/addresses/parse-host.ts";

function textOf(host: string): string {
  const parsed = parseHost(host);
  if (parsed.kind === "address") return parsed.address.text;
  return parsed.kind === "name" ? parsed.name : "malformed";
}

describe("parseHost", () => {
  test.each([
    ["127.1", "127.0.0.1"],
    ["0x7f.1", "127.0.0.1"],
    ["0177.0.0.1", "127.0.0.1"],
    ["2130706433", "127.0.0.1"],
    ["0x7f000001", "127.0.0.1"],
    ["１２７.0.0.1", "127.0.0.1"],
    ["127。0。0。1", "127.0.0.1"],
    ["١٢٧.٠.٠.١", "127.0.0.1"],
    ["%31%32%37.0.0.1", "127.0.0.1"],
    ["%2531%2532%2537.0.0.1", "127.0.0.1"],
    ["127.0.0.1...", "127.0.0.1"],
    ["[::1%25lo]", "::1"],
    ["fe80::1%eth0", "fe80::1"],
    ["LOCALHOST.", "localhost"],
    ["lo\u00adcal\u200bhost", "localhost"],
    ["ℓocalhoſt", "localhost"],
    ["bücher.example.com", "xn--bcher-kva.example.com"],
    ["Example.COM", "example.com"],
    ["a_b.example.com", "a_b.example.com"],
  ])("%s is %s", (text, wanted) => {
    expect(textOf(text)).toBe(wanted);
  });

  test.each([
    "",
    ".",
    "a..b",
    "256.256.256.256",
    "7147006462",
    "1.2.3.4.5",
    "q177.0.0.1.9",
    "a b",
    "a/b",
    "a@b",
    "[::1",
    "::g",
    "{host}",
    "%ff",
    "a%00b",
    "x".repeat(64),
    "x".repeat(2_000),
    `${"a.".repeat(127)}com`,
  ])("%s is malformed", (text) => {
    expect(textOf(text)).toBe("malformed");
  });

  test("a leading zero is octal for some and nothing for others", () => {
    expect(parseHost("0127.0.0.1")).toMatchObject({
      address: { text: "87.0.0.1" },
      otherAddress: { text: "127.0.0.1" },
    });
    expect(parseHost("127.0.0.1")).not.toHaveProperty("otherAddress");
  });
});

describe("classifyName", () => {
  test.each([
    ["localhost", "localhost"],
    ["foo.localhost", "localhost"],
    ["localtest.me", "localhost"],
    ["notlocalhost.com", "public"],
    ["metadata.google.internal", "metadata"],
    ["x.metadata.goog", "metadata"],
    ["metadata.example.com", "public"],
    ["kubernetes", "internal"],
    ["kubernetes.io", "public"],
    ["api.prod.svc", "internal"],
    ["printer.lan", "internal"],
    ["lan.example.com", "public"],
    ["127.0.0.1.nip.io", "localhost"],
    ["8.8.8.8.nip.io", "public"],
    ["app-10-0-0-1.nip.io", "internal"],
    ["a9fea9fe.nip.io", "metadata"],
    ["08080808.nip.io", "public"],
    ["--1.sslip.io", "localhost"],
    ["192-168-1-1.example.com", "internal"],
    ["8-8-8-8.example.com", "public"],
    ["10.0.0.1.example.com", "internal"],
    ["v10-0-0-1.example.com", "public"],
    ["anything.1u.ms", "internal"],
  ])("%s is %s", (name, wanted) => {
    expect(classifyName(name)).toBe(wanted);
  });
});
