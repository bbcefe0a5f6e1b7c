// A text in chunks that a rule stops until a person allows it.
import { describe, expect, test } from "vitest";
import { approve, reject } from "../../../../src/engine/approvals/answer-approvals.ts";
import { type ContentRequest, checkContent } from "../../../../src/engine/contents/check-content.ts";
import { askOf, CALLER, Engine } from "../engine-fixture.ts";
import { baselineOf, setOf } from "../policy/policy-documents.ts";

const ASKS = {
  id: "gold",
  name: "gold words",
  description: "asks a person",
  type: "content",
  pattern: "gold bar",
  action: "escalate",
  severity: "high",
};
const STOPS = { ...ASKS, id: "iron", pattern: "iron bar", action: "block" };

class Texts {
  readonly engine: Engine;
  #at = 0;

  constructor(more: object = {}) {
    this.engine = new Engine({ set: setOf(baselineOf({ rules: [ASKS, STOPS], ...more })) });
    this.engine.register("run");
  }

  /** The next chunk, or the one that `chunkIndex` names. */
  send(text: string, fields: Partial<ContentRequest> = {}) {
    const content = { text, direction: "output" as const };
    const chunkIndex = fields.chunkIndex ?? this.#at;
    this.#at = chunkIndex + 1;
    const base = { ...askOf("run", {}), content, contentId: "t", isLast: false };
    return checkContent(this.engine.world, CALLER, { ...base, ...fields, chunkIndex }, this.engine.now);
  }

  answer(how: typeof approve | typeof reject, approvalId = ""): void {
    const given = { approvalId, approvedBy: "ann", note: undefined };
    how(this.engine.world, given, this.engine.now);
  }
}

function idIn({ decision }: ReturnType<Texts["send"]>): string | undefined {
  return decision.findings.find(({ verdict }) => verdict === "PAUSE")?.approvalId;
}

const FIRST = "one gold bar, ";

describe("a text in chunks that waits for a person", () => {
  test("goes on with the same chunk again, once it is allowed", () => {
    const texts = new Texts();
    const asked = texts.send(FIRST, { isLast: true });
    expect(asked.decision.verdict).toBe("PAUSE");
    expect(asked.releasedBytes).toBe(FIRST.indexOf("gold"));
    const again = texts.send(FIRST, { isLast: true, chunkIndex: 0 });
    expect(idIn(again)).toBe(idIn(asked));
    texts.answer(approve, idIn(asked));
    const granted = texts.send(FIRST, { isLast: true, chunkIndex: 0 });
    expect(granted).toMatchObject({ releasedBytes: FIRST.length, decision: { allowed: true } });
  });

  test("goes on with the next chunk, with everything that came meanwhile", () => {
    const texts = new Texts();
    const id = idIn(texts.send(FIRST));
    const long = "and a long tale of it. ".repeat(400);
    const waiting = texts.send(long);
    expect(idIn(waiting)).toBe(id);
    expect(waiting.releasedBytes).toBe(FIRST.indexOf("gold"));
    texts.answer(approve, id);
    const granted = texts.send("The end", { isLast: true });
    expect(granted.decision.allowed).toBe(true);
    expect(granted.releasedBytes).toBe(FIRST.length + long.length + 7);
  });

  test("asks anew about what is found later, and passes what was allowed", () => {
    const texts = new Texts();
    const first = idIn(texts.send(FIRST));
    texts.answer(approve, first);
    const second = texts.send("another gold bar, ");
    expect(second.decision.verdict).toBe("PAUSE");
    expect(idIn(second)).not.toBe(first);
    expect(second.releasedBytes).toBe(0);
    texts.answer(approve, idIn(second));
    const third = texts.send("an end");
    expect(third.decision).toMatchObject({ verdict: "ALLOW", allowed: true });
    expect(texts.send("ing", { isLast: true }).releasedBytes).toBe(
      FIRST.length + "another gold bar, an ending".length,
    );
  });

  test("is refused for good where it is rejected", () => {
    const texts = new Texts();
    const id = idIn(texts.send(FIRST));
    texts.answer(reject, id);
    const reasons = () => texts.send("more").decision.findings.map(({ reason }) => reason);
    expect(reasons()).toEqual(["APPROVAL_REJECTED"]);
    expect(reasons()).toEqual(["APPROVAL_REJECTED"]);
  });

  test("an approval is for this text alone, and for this model", () => {
    const texts = new Texts();
    const id = idIn(texts.send(FIRST));
    texts.answer(approve, id);
    const intent = { ...askOf("run", {}).intent, model: "other" };
    expect(texts.send("more", { intent }).decision.verdict).toBe("PAUSE");
    expect(texts.send(`${FIRST}now`, { contentId: "u", chunkIndex: 0 }).decision.verdict).toBe("PAUSE");
    expect(texts.send(FIRST, { contentId: "u2", chunkIndex: 0 }).decision.verdict).toBe("PAUSE");
  });

  test("what another rule blocks is not let out by it", () => {
    const texts = new Texts();
    const id = idIn(texts.send(FIRST));
    texts.send("and an iron bar, ");
    texts.answer(approve, id);
    const next = texts.send("The end", { isLast: true });
    expect(next.decision.verdict).toBe("BLOCK");
    expect(next.releasedBytes).toBe(FIRST.indexOf("gold"));
  });

  test("begun anew after it was forgotten goes on where it was allowed", () => {
    const texts = new Texts();
    texts.answer(approve, idIn(texts.send(FIRST)));
    texts.engine.pass(60_001);
    expect(texts.send(FIRST, { chunkIndex: 0 }).decision.allowed).toBe(true);
  });

  test("counts what fired once, however many chunks follow", () => {
    const texts = new Texts();
    texts.send(`${FIRST}${"x ".repeat(3_000)}`);
    for (let at = 0; at < 5; at++) texts.send("more ");
    texts.engine.drain();
    expect(texts.engine.violations.map(({ finding }) => finding.sourceId)).toEqual(["gold"]);
  });

  test("a secret whose end did not come ends the text, whatever is allowed", () => {
    const REDACT = { id: "a", effect: "allow", obligations: { redact: true } };
    const guards = { sensitive_data: { level: { default: "warn", max: "warn" } } };
    const texts = new Texts({ access: { rules: [REDACT] }, guards });
    const key = `-----BEGIN RSA PRIVATE KEY-----\n${`${"MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSj".repeat(2)}\n`.repeat(100)}`;
    const accepts = { acceptsRepair: true };
    const shown: string[] = [];
    const asked = texts.send(FIRST, accepts);
    for (const part of key.match(/[\s\S]{1,900}/g) ?? [])
      shown.push(texts.send(part, accepts).repairedText ?? "");
    texts.answer(approve, idIn(asked));
    const last = texts.send("The end", { ...accepts, isLast: true });
    shown.push(last.repairedText ?? "");
    expect(last.releasedBytes).toBeLessThanOrEqual(FIRST.length);
    expect(shown.join("")).not.toMatch(/MII|END RSA/);
  });
});
