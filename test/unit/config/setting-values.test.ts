import { describe, expect, test } from "vitest";
import {
  parseBytes,
  parseCount,
  parseDuration,
  parseLabels,
  parseSwitch,
  parseTcpAddress,
  parseUnixAddress,
} from "../../../src/config/setting-values.ts";

interface Case {
  readonly parse: (text: string) => unknown;
  readonly accepted: readonly (readonly [text: string, value: unknown])[];
  readonly refused: readonly string[];
}

const MIB = 1_048_576;
const longest = `unix:/${"x".repeat(106)}`;

const CASES: { readonly [name: string]: Case } = {
  parseUnixAddress: {
    parse: parseUnixAddress,
    accepted: [
      ["unix:/run/a.sock", { kind: "unix", path: "/run/a.sock" }],
      ["unix:///run/a.sock", { kind: "unix", path: "/run/a.sock" }],
      [longest, { kind: "unix", path: longest.slice(5) }],
    ],
    refused: ["/run/a.sock", "unix:a.sock", "unix:@abstract", `${longest}x`],
  },
  parseTcpAddress: {
    parse: parseTcpAddress,
    accepted: [
      ["127.0.0.1:0", { kind: "tcp", host: "127.0.0.1", port: 0 }],
      ["[::1]:65535", { kind: "tcp", host: "::1", port: 65_535 }],
    ],
    refused: ["7703", ":7703", "::1:7703", "host:65536", "host:-1", "host:"],
  },
  parseBytes: {
    parse: parseBytes(MIB, 1_024 * MIB),
    accepted: [
      ["1048576", MIB],
      ["64 MiB", 64 * MIB],
      ["1GiB", 1_024 * MIB],
    ],
    refused: ["1048575", "1025 MiB", "64 MB", "1e6", "-1", ""],
  },
  parseDuration: {
    parse: parseDuration(0, 600_000),
    accepted: [
      ["0 s", 0],
      ["250 ms", 250],
      ["10min", 600_000],
    ],
    refused: ["10", "11 min", "1.5 s", "-1 s", "1 d"],
  },
  parseCount: {
    parse: parseCount(1, 10),
    accepted: [
      ["1", 1],
      ["10", 10],
    ],
    refused: ["0", "11", "1.0", "x", ""],
  },
  parseSwitch: {
    parse: parseSwitch,
    accepted: [
      ["1", true],
      ["off", false],
    ],
    refused: ["2", "yes", ""],
  },
  parseLabels: {
    parse: parseLabels,
    accepted: [
      ["", {}],
      ["a=1, b = x=y", { a: "1", b: "x=y" }],
    ],
    refused: ["a", "=1", "a=1,a=2", "a=1,", "a=", "a=b c", `${"n".repeat(129)}=1`],
  },
};

describe.each(Object.entries(CASES))("%s", (_name, { parse, accepted, refused }) => {
  test.each(accepted)("takes %j", (text, value) => {
    expect(parse(text)).toEqual(value);
  });
  test.each(refused)("refuses %j and says what is allowed", (text) => {
    expect(() => parse(text)).toThrow(RangeError);
  });
});

function labels(count: number): string {
  return Array.from({ length: count }, (_, at) => `l${at}=v`).join(",");
}

describe("parseLabels", () => {
  test("takes 32 labels and refuses 33", () => {
    expect(Object.keys(parseLabels(labels(32)))).toHaveLength(32);
    expect(() => parseLabels(labels(33))).toThrow(/at most 32/);
  });
});
