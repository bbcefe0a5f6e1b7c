import { describe, expect, test } from "vitest";
import { findPii } from "../../../../src/engine/texts/pii/find-pii.ts";
import { hasData, readCorpus } from "../guards/input/read-data.ts";
import { FRESH_PII, NO_PII } from "./fresh-pii.ts";

const found = (text: string) =>
  findPii(text).map(({ kind, start, end }) => `${kind} ${text.slice(start, end)}`);

describe("findPii", () => {
  test.each([
    ["us_ssn", "219-09-9999"],
    ["us_ssn", "219 09 9999"],
    ["card", "5500-0000-0000-0004"],
    ["card", "4222222222222"],
    ["card", "6200000000000005"],
    ["card", "4111.1111.1111.1111"],
    ["us_ssn", "219 09 9998"],
    ["iban", "FR14 2004 1010 0505 0001 3M02 606"],
    ["iban", "ＧＢ82WEST12345698765432"],
    ["email", "john (at) example (dot) com"],
    ["email", "用户@例子.广告"],
    ["email", "a.b+c@sub.example.co.uk"],
    ["phone", "+1 (212) 555-0100"],
    ["phone", "+442079460958"],
    ["phone", "0049 30 1234567"],
    ["phone", "212.555.0123"],
    ["ip_address", "203.0.113.9"],
    ["ip_address", "2001:db8::ff00:42:8329"],
    ["dob", "born on 12 March 1984"],
    ["dob", "Geburtsdatum: 01.02.1990"],
    ["dob", "date_of_birth: 1984-03-12"],
    ["dob", "geboortedatum: 12-03-1984"],
    ["dob", "data urodzenia: 12.03.1984"],
    ["dob", "생년월일: 1984년 3월 12일"],
    ["dob", "doğum tarihi: 12.03.1984"],
    ["dob", "fecha de nacimiento: 12 de marzo de 1984"],
    ["phone", "1-800-555-0125"],
    ["address", "Hauptstr. 5\n10115 Berlin"],
    ["dob", "生年月日：1990年2月1日"],
    ["address", "10 Downing Street, London SW1A 2AA"],
    ["address", "Musterstraße 12, 10115 Berlin"],
    ["address", "12 rue de la Paix, 75002 Paris"],
  ])("%s: %s", (kind, text) => {
    expect(found(`so ${text} it is`)).toEqual([`${kind} ${text}`]);
    expect(found(text)).toEqual([`${kind} ${text}`]);
  });

  test("a number is found by its label alone where nothing else tells", () => {
    expect(found("my ssn is 219099999")).toEqual(["us_ssn 219099999"]);
    expect(found("my number is 219099999")).toEqual([]);
  });

  test.each([
    "4111 1111 1111 1112",
    "4111.1111.1111.1112",
    "logo@2x.png",
    "due date: 12.03.2024",
    "order 1234567890123456",
    "x4111111111111111",
    "0000 0000 0000 0000",
    "DE00370400440532013000",
    "XX82WEST12345698765432",
    "219-00-9999",
    "219-09-0000",
    "+1.5 and +2 and +20",
    "2024-05-20 12:00:00",
    "3.14159265358979",
    "see section 3.1.4.2 of version 10.20.30.40",
    "127.0.0.1, 192.168.1.1, 172.16.0.9, 169.254.1.1, 999.1.1.1",
    "::1 and fe80::1 and 12:34:56:78:9a:bc",
    "born in Paris",
    "user@localhost and @mention and a@b",
    "12 apples on Main Street",
  ])("%s is nothing", (text) => {
    expect(found(text)).toEqual([]);
  });

  test("where two overlap, the one that proves itself is believed", () => {
    expect(found("+4111 1111 1111 1111")).toEqual(["card 4111 1111 1111 1111"]);
    expect(found("4111 1111 1111 1111, 219-09-9999")).toEqual([
      "card 4111 1111 1111 1111",
      "us_ssn 219-09-9999",
    ]);
  });
});

describe("samples that were written anew", () => {
  test.each(FRESH_PII)("%s: %s", (kind, text) => {
    expect(findPii(text).map((one) => one.kind)).toContain(kind);
  });

  test.each(NO_PII)("%s holds none", (text) => {
    expect(found(text)).toEqual([]);
  });
});

describe.skipIf(!hasData)("the corpus of personal data", () => {
  const rows = readCorpus("pii.tsv").map(([text = "", kind = ""]) => ({ text, kind }));
  const kindsIn = (text: string): string =>
    [...new Set(findPii(text).map(({ kind }) => kind))].join(",") || "none";

  test("at least 98 % are found with the right kind, and nothing else is flagged", () => {
    expect(rows.length).toBeGreaterThan(35);
    const wrong = rows.filter(({ text, kind }) => kindsIn(text) !== kind).map(({ text }) => text);
    expect(wrong.length / rows.length, wrong.join("; ")).toBeLessThanOrEqual(0.02);
  });
});
