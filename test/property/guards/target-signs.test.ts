// A string that is not read for targets holds none.
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { isJsonDocument, parseJson } from "../../../src/engine/json/parse-json.ts";
import { findTargets } from "../../../src/engine/network/find-targets.ts";
import { networkRulesOf } from "../../../src/engine/network/network-rules.ts";
import { readValue } from "../../../src/engine/network/read-value.ts";
import { holdsNoTarget } from "../../../src/engine/network/target-signs.ts";
import { settingsOf } from "../../unit/engine/guards/guard-fixture.ts";

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

const rules = networkRulesOf(settingsOf("network_policy"));
const names = fc.oneof(fc.constantFrom("note", "url", "webhook_url", "host2", "localhost"), strings);
const documents = fc
  .array(fc.tuple(names, fc.oneof(strings, strings, fc.double({ noNaN: true }), fc.maxSafeInteger())), {
    maxLength: 3,
  })
  .map((members) => JSON.stringify({ list: [Object.fromEntries(members)] }));

function targetsOf(text: string): readonly unknown[] {
  const targets: unknown[] = [];
  const document = parseJson(text);
  if (isJsonDocument(document))
    findTargets(rules, document, ({ target, path }) => targets.push({ target, path }));
  return targets;
}

test("a document that is not walked holds no target", () => {
  fc.assert(
    fc.property(documents, (text) => {
      // An escape makes every document be walked.
      expect(targetsOf(text)).toEqual(targetsOf(text.replace('"list"', String.raw`"lis\u0074"`)));
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
