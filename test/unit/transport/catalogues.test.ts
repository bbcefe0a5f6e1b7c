import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { ERROR_REASONS } from "../../../src/domain/errors.ts";
import { REASONS } from "../../../src/domain/reasons.ts";

/** The rows of the only table of a page, as cells. */
function rowsOf(page: string): string[][] {
  const lines = readFileSync(new URL(`../../../docs/${page}`, import.meta.url), "utf8").split("\n");
  const rows = lines
    .filter((line) => line.startsWith("| "))
    .map((line) => line.split(" | ").map((cell) => cell.replace(/^\| | \|$/g, "")));
  return rows.slice(1);
}

describe("docs/errors.md", () => {
  test("lists every reason of an error with its status, in the order of the catalogue", () => {
    expect(rowsOf("errors.md").map(([reason, status]) => [reason, status])).toEqual(
      Object.entries(ERROR_REASONS),
    );
  });

  test("says when each occurs and what helps", () => {
    for (const row of rowsOf("errors.md"))
      expect(row.slice(2).every((cell) => cell.endsWith("."))).toBe(true);
  });
});

describe("docs/reasons.md", () => {
  test("lists every reason of a finding with its meaning and who can change it", () => {
    const wanted = Object.entries(REASONS).map(([reason, { summary, remedy }]) => [
      reason,
      summary,
      remedy.role,
    ]);
    expect(rowsOf("reasons.md").map(([reason, meaning, , who]) => [reason, meaning, who])).toEqual(wanted);
  });
});
