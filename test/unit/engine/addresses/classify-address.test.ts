import { describe, expect, test } from "vitest";
import { classifyAddress, METADATA_ADDRESSES } from "../../../../src/engine/addresses/classify-address.ts";
import { findAddressPrefix, findIpAddress, isInPrefix } from "../../../../src/engine/addresses/ip-address.ts";

function natureOf(text: string) {
  const address = findIpAddress(text);
  return address === undefined ? undefined : classifyAddress(address);
}

describe("classifyAddress", () => {
  test.each([
    ["127.0.0.1", "loopback"],
    ["127.255.255.255", "loopback"],
    ["126.255.255.255", "public"],
    ["128.0.0.0", "public"],
    ["0.0.0.0", "unspecified"],
    ["0.255.255.255", "unspecified"],
    ["10.0.0.0", "private"],
    ["10.255.255.255", "private"],
    ["9.255.255.255", "public"],
    ["11.0.0.0", "public"],
    ["172.16.0.0", "private"],
    ["172.31.255.255", "private"],
    ["172.15.255.255", "public"],
    ["172.32.0.0", "public"],
    ["192.168.0.0", "private"],
    ["192.167.255.255", "public"],
    ["192.169.0.0", "public"],
    ["169.254.1.1", "link_local"],
    ["169.253.255.255", "public"],
    ["100.64.0.0", "cgnat"],
    ["100.127.255.255", "cgnat"],
    ["100.63.255.255", "public"],
    ["100.128.0.0", "public"],
    ["192.0.2.1", "reserved"],
    ["198.18.0.1", "reserved"],
    ["198.20.0.0", "public"],
    ["203.0.113.7", "reserved"],
    ["224.0.0.1", "multicast"],
    ["239.255.255.255", "multicast"],
    ["223.255.255.255", "public"],
    ["240.0.0.1", "reserved"],
    ["255.255.255.255", "broadcast"],
    ["::1", "loopback"],
    ["::", "unspecified"],
    ["fc00::1", "private"],
    ["fdff::1", "private"],
    ["fec0::1", "private"],
    ["fe80::1", "link_local"],
    ["febf::1", "link_local"],
    ["ff02::1", "multicast"],
    ["2001:db8::1", "reserved"],
    ["3fff::1", "reserved"],
    ["4000::1", "reserved"],
    ["1::1", "reserved"],
    ["2606:4700::1111", "public"],
    ["2003::1", "public"],
  ])("%s is %s", (text, wanted) => {
    expect(natureOf(text)).toEqual({ isMetadata: false, class: wanted });
  });

  test.each([
    ["::ffff:127.0.0.1", "loopback"],
    ["::ffff:0:10.0.0.1", "private"],
    ["::7f00:1", "loopback"],
    ["::0a00:1", "private"],
    ["64:ff9b::c0a8:1", "private"],
    ["2002:7f00:1::", "loopback"],
    ["2001:0:1234::80ff:fffe", "loopback"],
    ["2001:0:0a00:1::f7f7:f7f7", "private"],
    ["2400::5efe:10.0.0.1", "private"],
    ["2400::200:5efe:192.168.0.1", "private"],
    ["fe80::1%eth0", "link_local"],
  ])("%s is what it carries: %s", (text, wanted) => {
    expect(natureOf(text)?.class).toBe(wanted);
  });

  test.each([
    ["::ffff:8.8.8.8", "public"],
    ["64:ff9b::808:808", "public"],
    ["::808:808", "reserved"],
    ["2002:808:808::1", "reserved"],
    ["64:ff9b:1::1", "reserved"],
  ])("%s, which carries a public one, is %s", (text, wanted) => {
    expect(natureOf(text)).toEqual({ isMetadata: false, class: wanted });
  });

  test("addresses of metadata services are known, plain and carried", () => {
    for (const text of METADATA_ADDRESSES) expect([text, natureOf(text)?.isMetadata]).toEqual([text, true]);
    expect(natureOf("::ffff:169.254.169.254")?.isMetadata).toBe(true);
    expect(natureOf("64:ff9b::a83f:8110")).toEqual({ isMetadata: true, class: "public" });
    expect(natureOf("168.63.129.17")).toEqual({ isMetadata: false, class: "public" });
  });
});

describe("findIpAddress", () => {
  test.each(["127.1", "0177.0.0.1", "256.0.0.1", "1.2.3", "1.2.3.4.5", "", ":", "12:34", "::g", "[::1"])(
    "%s is not in the standard notation",
    (text) => {
      expect(findIpAddress(text)).toBeUndefined();
    },
  );

  test("spells version 6 in one way", () => {
    expect(findIpAddress("[2001:0DB8:0:0:0:0:0:1]")?.text).toBe("2001:db8::1");
  });
});

describe("findAddressPrefix", () => {
  test("holds the addresses that share its bits", () => {
    const prefix = findAddressPrefix("10.1.128.0/17");
    const isIn = (text: string) => isInPrefix(findIpAddress(text) as never, prefix as never);
    expect([isIn("10.1.128.0"), isIn("10.1.255.255"), isIn("10.1.127.255"), isIn("::1")]).toEqual([
      true,
      true,
      false,
      false,
    ]);
  });

  test.each(["10.0.0.1/8", "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/08", "::/129", "example.com/8"])(
    "%s is refused",
    (text) => {
      expect(findAddressPrefix(text)).toBeUndefined();
    },
  );

  test("0 bits hold every address of the version, and one address holds itself", () => {
    const one = findIpAddress("203.0.113.9") as never;
    expect(isInPrefix(one, findAddressPrefix("0.0.0.0/0") as never)).toBe(true);
    expect(isInPrefix(one, findAddressPrefix("203.0.113.9") as never)).toBe(true);
    expect(isInPrefix(one, findAddressPrefix("203.0.113.8") as never)).toBe(false);
  });
});
