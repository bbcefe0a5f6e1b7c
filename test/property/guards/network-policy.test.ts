import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { classifyAddress } from "../../../src/engine/addresses/classify-address.ts";
import { findIpAddress, ipAddressOf } from "../../../src/engine/addresses/ip-address.ts";
import { networkPolicy } from "../../../src/engine/guards/effects/network-policy.ts";
import { beforeOf, notesOf } from "../../unit/engine/guards/effects/inputs.ts";
import { settingsOf } from "../../unit/engine/guards/guard-fixture.ts";

const defaults = settingsOf("network_policy");

function isRefused(args: unknown): boolean {
  return notesOf(networkPolicy.before?.(beforeOf(defaults, undefined, { tool: "fetch" }, args))).length > 0;
}

const byte = fc.integer({ min: 0, max: 255 });
const blocked = fc
  .oneof(
    fc.tuple(fc.constant(127), byte, byte, byte),
    fc.tuple(fc.constant(10), byte, byte, byte),
    fc.tuple(fc.constant(172), fc.integer({ min: 16, max: 31 }), byte, byte),
    fc.tuple(fc.constant(192), fc.constant(168), byte, byte),
    fc.tuple(fc.constant(169), fc.constant(254), byte, byte),
    fc.tuple(fc.constant(100), fc.integer({ min: 64, max: 127 }), byte, byte),
    fc.constantFrom([169, 254, 169, 254], [168, 63, 129, 16], [100, 100, 100, 200], [192, 0, 0, 192]),
  )
  .map((bytes) => bytes as number[]);

const numberOf = (bytes: readonly number[]): number => bytes.reduce((sum, part) => sum * 256 + part, 0);
const hex = (value: number, digits = 1): string => value.toString(16).padStart(digits, "0");

/** One part of a dotted address, in a base of its own. */
const bases: readonly ((value: number) => string)[] = [
  (value) => String(value),
  (value) => `0${value.toString(8)}`,
  (value) => `000${value.toString(8)}`,
  (value) => `0x${hex(value)}`,
  (value) => `0X${hex(value).toUpperCase()}`,
];
const wideDigits = (text: string): string =>
  text.replace(/[0-9]/g, (digit) => String.fromCharCode(0xff10 + Number(digit)));
const arabicDigits = (text: string): string =>
  text.replace(/[0-9]/g, (digit) => String.fromCharCode(0x660 + Number(digit)));

const dress = fc.constantFrom<(text: string) => string>(
  (text) => text,
  wideDigits,
  arabicDigits,
  (text) => text.replaceAll(".", "。"),
  (text) => text.replaceAll(".", "．"),
  (text) => `${text}.`,
  (text) => `${text}..`,
  (text) => text.replace(/[0-9]/, (digit) => `%3${digit}`),
  (text) => text.replace(".", "%2e"),
  (text) => `${text.slice(0, 1)}\u200b${text.slice(1)}`,
);

const versionFour = fc
  .record({
    bytes: blocked,
    kept: fc.integer({ min: 1, max: 4 }),
    chosen: fc.array(fc.nat(bases.length - 1), { minLength: 4, maxLength: 4 }),
    dress,
  })
  .map(({ bytes, kept, chosen, dress: put }) => {
    // The last part stands for all bytes that have no part of their own.
    const parts = [...bytes.slice(0, kept - 1), numberOf(bytes.slice(kept - 1))];
    return put(parts.map((part, index) => bases[chosen[index] ?? 0]?.(part) ?? "").join("."));
  });

const versionSix = fc
  .record({ bytes: blocked, form: fc.nat(7), zone: fc.constantFrom("", "%25eth0"), wild: byte })
  .map(({ bytes, form, zone, wild }) => {
    const [a = 0, b = 0, c = 0, d = 0] = bytes;
    const pair = `${hex(a)}${hex(b, 2)}:${hex(c)}${hex(d, 2)}`;
    const turned = `${hex(a ^ 255)}${hex(b ^ 255, 2)}:${hex(c ^ 255)}${hex(d ^ 255, 2)}`;
    const forms = [
      `::ffff:${pair}`,
      `::ffff:${bytes.join(".")}`,
      `0:0:0:0:0:FFFF:${pair}`,
      `::${pair}`,
      `::ffff:0:${pair}`,
      `64:ff9b::${pair}`,
      `2002:${pair}:${hex(wild)}::1`,
      `2001:0:808:808:${hex(wild)}:0:${turned}`,
    ];
    return `[${forms[form]}${zone}]`;
  });

const frame = fc.constantFrom<(host: string) => unknown>(
  (host) => ({ url: `http://${host}/` }),
  (host) => ({ url: `HTTPS://${host}:8443/a?b#c` }),
  (host) => ({ url: `http:\\\\${host}\\x` }),
  (host) => ({ url: `  ht\ntp://${host}` }),
  (host) => ({ url: `//${host}/` }),
  (host) => ({ host }),
  (host) => ({ host: `${host}:22` }),
  (host) => ({ url: `http://example.com@${host}/` }),
  (host) => ({ url: `redis://${host}:6379/0` }),
  (host) => ({ deep: [[{ any: `http://${host}/` }]] }),
  (host) => ({ prompt: `Read http://${host}/x, please.` }),
);

describe("network_policy", () => {
  test("every encoding of a blocked version 4 address stays blocked", () => {
    fc.assert(
      fc.property(versionFour, frame, (host, put) => {
        expect([host, isRefused(put(host))]).toEqual([host, true]);
      }),
      { numRuns: 2_000 },
    );
  });

  test("every version 6 address that carries a blocked one is blocked", () => {
    fc.assert(
      fc.property(versionSix, frame, (host, put) => {
        expect([host, isRefused(put(host))]).toEqual([host, true]);
      }),
      { numRuns: 1_000 },
    );
  });

  test("a blocked address is blocked however often its text is wrapped into names of spelling services", () => {
    fc.assert(
      fc.property(
        blocked,
        fc.constantFrom("nip.io", "sslip.io", "xip.io"),
        fc.boolean(),
        (bytes, service, dashed) => {
          const name = `www.${bytes.join(dashed ? "-" : ".")}.${service}`;
          expect([name, isRefused({ url: `https://${name}/` })]).toEqual([name, true]);
        },
      ),
    );
  });

  test("ordinary public URLs pass", () => {
    const label = fc.stringMatching(/^[a-z][a-z0-9]{2,12}$/);
    // In prose these end a URL, and what follows is read on its own.
    const path = fc.webPath().filter((text) => !/['"(),;]/.test(text));
    fc.assert(
      fc.property(label, fc.constantFrom("com", "org", "io", "co.uk", "dev"), path, (name, end, tail) => {
        const url = `https://www.${name}.${end}${tail}`;
        expect([url, isRefused({ url, note: `see ${url} for more` })]).toEqual([url, false]);
      }),
    );
  });

  test("public addresses pass", () => {
    fc.assert(
      fc.property(fc.tuple(byte, byte, byte, byte), (bytes) => {
        fc.pre(classifyAddress(ipAddressOf(bytes)).class === "public" && bytes[0] !== 168);
        expect([bytes, isRefused({ url: `https://${bytes.join(".")}/` })]).toEqual([bytes, false]);
      }),
    );
  });

  test("plain prose passes", () => {
    const word = fc.oneof(
      fc.stringMatching(/^[a-zA-Z]{1,12}[.,;:!?]?$/),
      fc.integer({ min: -100_000, max: 100_000 }).map(String),
      fc.float({ noNaN: true, noDefaultInfinity: true }).map(String),
      fc.constantFrom(
        "3:1",
        "10:30",
        "v1.2.3",
        "1.2.3",
        "e.g.",
        "a/b",
        "(see",
        "below)",
        "#5",
        "50%",
        "—",
        "\n",
      ),
    );
    fc.assert(
      fc.property(fc.array(word, { maxLength: 40 }), (words) => {
        const text = words.join(" ");
        expect([text, isRefused({ text })]).toEqual([text, false]);
      }),
      { numRuns: 500 },
    );
  });

  test("no text makes it fail, and costs about its length", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 200 }), (text) => {
        expect(
          typeof isRefused({
            url: text,
            text,
            [text.replace(/^__proto__$|^constructor$|^prototype$/, "x")]: 1,
          }),
        ).toBe("boolean");
      }),
      { numRuns: 500 },
    );
    for (const unit of ["a.", "1.", "http://", "0x1.", ":", "::", "//", "@", "%25", "[", "-", "http:"])
      expect(typeof isRefused({ url: unit.repeat(10_000), text: unit.repeat(10_000) })).toBe("boolean");
  });
});

test("an address is what its own text says", () => {
  const bytes = fc.oneof(
    fc.array(byte, { minLength: 4, maxLength: 4 }),
    fc.array(byte, { minLength: 16, maxLength: 16 }),
  );
  fc.assert(
    fc.property(bytes, (wanted) => {
      expect(findIpAddress(ipAddressOf(wanted).text)?.bytes).toEqual(wanted);
    }),
  );
});
