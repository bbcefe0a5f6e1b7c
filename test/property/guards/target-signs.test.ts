// A string that is not read for targets holds none.
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { readValue } from "../../../src/engine/network/read-value.ts";
import { holdsNoTarget } from "../../../src/engine/network/target-signs.ts";

const piece = fc.oneof(
  fc.constantFrom(
    ..."localhost curl PING6 nc host= localhost ip6-localhost ip6-loopback instance-data metadata example.com 127.0.0.1 0x7f000001 2130706433 ::1".split(
      " ",
    ),
    ..."http https ws wss ftp file javascript user host and or Note Version 1 12 0 a b f.txt e.g. i.e. km/h 1/2".split(
      " ",
    ),
  ),
  fc.constantFrom(...Array.from(" .:/\\@?#%[]-_~,;!\"'()\t\n\r\u0000\u007f\u00a0\u200b\u3002\uff0f\uff1a")),
  fc.constantFrom(" ", " ", " ", "://", "//", ": ", ". ", "%3a%2f%2f", "\n"),
  fc.string({ unit: "binary-ascii", maxLength: 3 }),
);
const strings = fc.array(piece, { maxLength: 10 }).map((pieces) => pieces.join(""));

test("what is not read holds no target", () => {
  fc.assert(
    fc.property(strings, (text) => {
      expect(holdsNoTarget(text) ? readValue(text, "any") : []).toEqual([]);
    }),
    { numRuns: 5_000 },
  );
});

test.each([
  "plan 12",
  "report of the valve in row 7, section 3; see below.",
  "Note: it is input or output (and/or both) @ 5 km/h. Is it? #3 [x]",
  "snake_case-name",
  "line one\nline two with more words",
])("%j is not read", (text) => {
  expect(holdsNoTarget(text)).toBe(true);
});

test.each([
  "localhost",
  " LOCALHOST ",
  "a.b",
  "see http://x",
  "1.2.3.4",
  "x:80",
  "//host",
  "at localhost/ now",
  "a\tb",
  "then curl localhost",
  "db host=10.1 port=5",
])("%j is read", (text) => {
  expect(holdsNoTarget(text)).toBe(false);
});
