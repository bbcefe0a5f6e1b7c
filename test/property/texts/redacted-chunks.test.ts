// However a text is cut into chunks, what a client shows of it is the text with its secrets replaced, and never a part of one.
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { checkContent } from "../../../src/engine/contents/check-content.ts";
import { askOf, CALLER, Engine } from "../../unit/engine/engine-fixture.ts";
import { baselineOf, setOf } from "../../unit/engine/policy/policy-documents.ts";

const SECRETS = ["AKIAQWERTYUIOPASDFGH", `ghp_${"a1B2c3D4".repeat(5).slice(0, 36)}`];
const SET = setOf(
  baselineOf({
    access: { rules: [{ id: "a", effect: "allow", obligations: { redact: true } }] },
    guards: { sensitive_data: { level: { default: "warn", max: "warn" } } },
  }),
);

const words = fc.constantFrom("one ", "two, ", "é ", "😀 ", "\n", "and so on. ", "long ".repeat(400));
const piece = fc.oneof(
  { weight: 5, arbitrary: words },
  fc.constantFrom(...SECRETS.map((one) => `(${one}) `)),
);
const pieces = fc.array(piece, { minLength: 1, maxLength: 14 });

/** Cuts at any letters. */
function cut(text: string, sizes: readonly number[]): readonly string[] {
  const letters = text.match(/./gsu) ?? [];
  const chunks: string[] = [];
  let at = 0;
  for (const size of sizes) {
    chunks.push(letters.slice(at, at + size).join(""));
    at += size;
  }
  return [...chunks, letters.slice(at).join("")];
}

describe("a text in chunks whose secrets are replaced", () => {
  test("is shown as the whole text would be, and no step shows a part of a secret", () => {
    fc.assert(
      fc.property(pieces, fc.array(fc.nat({ max: 1_500 }), { maxLength: 12 }), (parts, sizes) => {
        const text = parts.join("");
        const engine = new Engine({ set: SET });
        engine.register("run");
        let came = "";
        let anew = "";
        let shown = "";
        const chunks = cut(text, sizes);
        for (const [chunkIndex, chunk] of chunks.entries()) {
          came += chunk;
          const request = {
            ...askOf("run", {}),
            acceptsRepair: true,
            content: { text: chunk, direction: "output" as const },
            contentId: "t",
            chunkIndex,
            isLast: chunkIndex === chunks.length - 1,
          };
          const answer = checkContent(engine.world, CALLER, request, engine.now);
          anew += answer.repairedText ?? "";
          shown = Buffer.from(came).subarray(0, answer.releasedBytes).toString() + anew;
          for (const secret of SECRETS) expect(shown).not.toContain(secret.slice(0, 6));
          expect(shown).not.toContain("\uFFFD");
        }
        const wanted = SECRETS.reduce((left, secret) => left.replaceAll(secret, "[REDACTED]"), text);
        expect(shown).toBe(wanted);
      }),
      { numRuns: 150 },
    );
  });
});
