// The labelled corpus of secrets: at least 98 % found with the right kind, at most 2 % of the rest flagged.
import { describe, expect, test } from "vitest";
import { findSecretsInLayers } from "../../../../../src/engine/guards/input/secrets/decode-layers.ts";
import { hasData, readCorpus } from "./read-data.ts";

const rows = readCorpus("secrets.tsv").map(([text = "", kind = ""], index) => ({
  text,
  kind,
  row: index + 2,
}));

function kindsIn(text: string): string {
  return [...new Set(findSecretsInLayers(text, 16).map(({ kind }) => kind))].join(",") || "none";
}

describe.skipIf(!hasData)("the corpus of secrets", () => {
  test("at least 98 % are found with the right kind", () => {
    const secrets = rows.filter(({ kind }) => kind !== "none");
    expect(secrets.length).toBeGreaterThan(60);
    const missed = secrets
      .filter(({ text, kind }) => kindsIn(text) !== kind)
      .map(({ row, kind }) => `${row} ${kind}`);
    expect(missed.length / secrets.length, missed.join("; ")).toBeLessThanOrEqual(0.02);
  });

  test("at most 2 % of what is no secret is flagged", () => {
    const harmless = rows.filter(({ kind }) => kind === "none");
    expect(harmless.length).toBeGreaterThan(30);
    const flagged = harmless.filter(({ text }) => kindsIn(text) !== "none").map(({ row }) => row);
    expect(flagged.length / harmless.length, flagged.join("; ")).toBeLessThanOrEqual(0.02);
  });
});
