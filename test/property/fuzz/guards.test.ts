// Every guard against any JSON and against JSON that nearly means something to it, for as long as the scale says: no crash, no
// input that keeps it busy, and what a repair passes on is what was judged.
import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import type { GuardName, GuardSettings } from "../../../src/domain/policy/guard-fields.ts";
import { GUARD_IDS } from "../../../src/domain/policy/guard-ids.ts";
import { createNow } from "../../../src/domain/time.ts";
import type {
  AfterInput,
  BeforeInput,
  Guard,
  GuardOutcome,
  ToolCall,
} from "../../../src/engine/guards/guard.ts";
import { GUARDS } from "../../../src/engine/guards/guard-table.ts";
import { OUTPUT_JSON_CAPS } from "../../../src/engine/json/json-caps.ts";
import type { JsonDocument, JsonValue } from "../../../src/engine/json/json-document.ts";
import { isJsonDocument, parseJson } from "../../../src/engine/json/parse-json.ts";
import { atScale, printedSeed, SeededRandom } from "../../crash/seeded-random.ts";
import { callOf, FACTS, settingsOf } from "../../unit/engine/guards/guard-fixture.ts";
import { FUZZED } from "./fuzzed-guards.ts";
import { RandomJson } from "./random-json.ts";

const RUN_MS = atScale(1_000, 20_000);
/** Characters of a session's image. */
const MAX_SLICE = 65_536;
const NO_TIME = { timeout: RUN_MS + 120_000 };

const facts = { ...FACTS, keyedHash: (text: string) => createHash("sha256").update(text).digest("hex") };

type AnyGuard = Guard;

/** A value that whoever changes it is told. */
function frozen<T extends JsonValue>(value: T): T {
  if (typeof value !== "object" || value === null) return value;
  for (const inside of Object.values(value)) frozen(inside);
  return Object.freeze(value);
}

interface Asked {
  readonly call: ToolCall;
  readonly settings: unknown;
  readonly state: unknown;
  readonly at: number;
}

function before(guard: AnyGuard, { call, settings, state, at }: Asked, document: JsonDocument) {
  const input: BeforeInput<unknown, unknown> = {
    call,
    arguments: document,
    signature: document.text,
    settings,
    state,
    facts,
    now: createNow(at, 1_700_000_000_000 + at),
  };
  return guard.before?.(input);
}

function after(
  guard: AnyGuard,
  { call, settings, state, at }: Asked,
  args: JsonDocument | undefined,
  output: JsonDocument | undefined,
  more: Pick<AfterInput<unknown, unknown>, "errorClass" | "durationMs">,
) {
  const input: AfterInput<unknown, unknown> = {
    call,
    arguments: args,
    signature: args?.text ?? "",
    argumentsHash: facts.keyedHash(args?.text ?? ""),
    output,
    ...more,
    settings,
    state,
    facts,
    now: createNow(at, 1_700_000_000_000 + at),
  };
  return guard.after?.(input);
}

/** What passes on was judged: the guard finds nothing more in it, and its text is its value. */
function expectWhole(
  outcome: GuardOutcome | undefined,
  again: (repaired: JsonDocument) => GuardOutcome | undefined,
) {
  const repaired = outcome?.document;
  if (outcome === undefined || repaired === undefined) return;
  expect(outcome.notes.some(({ verdict }) => verdict === "REPAIR")).toBe(true);
  const read = parseJson(repaired.text, OUTPUT_JSON_CAPS);
  if (!isJsonDocument(read)) throw new Error(`a repair is no JSON: ${read.issue.message}`);
  expect(read.value).toEqual(repaired.value);
  const found =
    again(repaired)?.notes.filter(({ verdict }) => verdict === "REPAIR" || verdict === "BLOCK") ?? [];
  expect(found.map(({ reason, text }) => `${reason} ${text}`)).toEqual([]);
}

describe.each(GUARD_IDS)("fuzz: %s", (id) => {
  test("any JSON, and JSON that nearly means something", NO_TIME, () => {
    const guard = GUARDS.get(id) as AnyGuard;
    const { settings, tools, names, pieces, samples } = FUZZED[id];
    const made = new RandomJson(new SeededRandom(printedSeed(`fuzz ${id}`)), names, pieces);
    const { random } = made;
    const all = settings.map((changes) => settingsOf(id, changes as Partial<GuardSettings<GuardName>>));
    const until = performance.now() + RUN_MS;
    const counts = { inputs: 0, documents: 0, refused: 0, repaired: 0, slowestNsPerByte: 0 };
    let state = guard.createState?.();
    let at = 0;
    let text = "{}";
    let earlier: JsonDocument | undefined;
    try {
      while (performance.now() < until) {
        counts.inputs++;
        const isMutated = random.below(2) === 0;
        text = isMutated ? made.spoil(JSON.stringify(made.pick(samples))) : JSON.stringify(made.object(4));
        const document = parseJson(text, OUTPUT_JSON_CAPS);
        if (!isJsonDocument(document)) continue;
        counts.documents++;
        frozen(document.value);
        at += random.below(2_000);
        const asked: Asked = {
          call: callOf({
            ...made.pick(tools),
            callId: `c${random.below(50)}`,
            turnId: made.pick([undefined, "t1", made.text()]),
            planId: made.pick([undefined, "p1", made.text()]),
            parentKeys: made.pick([[], ["c1"], ["c1", "c2", made.text()]]),
          }),
          settings: made.pick(all),
          state,
          at,
        };
        const started = performance.now();
        const first = before(guard, asked, document);
        const errorClass = made.pick([undefined, undefined, "validation", made.text()]);
        const more = { errorClass, durationMs: made.number() };
        const output = random.below(8) === 0 ? undefined : made.pick([document, earlier]);
        const last = after(guard, asked, random.below(8) === 0 ? undefined : document, output, more);
        earlier = document;
        counts.slowestNsPerByte = Math.max(
          counts.slowestNsPerByte,
          ((performance.now() - started) * 1e6) / (text.length + 1_000),
        );
        for (const outcome of [first, last])
          if (outcome?.notes.some(({ verdict }) => verdict === "BLOCK")) counts.refused++;
        for (const outcome of [first, last]) if (outcome?.document !== undefined) counts.repaired++;
        expectWhole(first, (repaired) => before(guard, asked, repaired));
        expectWhole(last, (repaired) => after(guard, asked, document, repaired, more));
        expect(before(guard, asked, document)?.notes).toEqual(first?.notes);
        if (first?.notes.every(({ verdict }) => verdict !== "BLOCK" && verdict !== "THROTTLE") === true)
          first.commit?.(state);
        last?.commit?.(state);
        if (state === undefined || counts.documents % 100 > 0) continue;
        const image = JSON.stringify(state);
        expect(JSON.parse(image)).toEqual(state);
        if (image.length > MAX_SLICE) guard.trim?.(state);
        state = JSON.parse(JSON.stringify(state));
        expect(JSON.stringify(state).length).toBeLessThan(4 * MAX_SLICE);
      }
    } catch (error) {
      console.log(`fuzz ${id}: the input was ${text}`);
      throw error;
    } finally {
      console.log(
        `fuzz ${id}: ${JSON.stringify({ ...counts, slowestNsPerByte: Math.round(counts.slowestNsPerByte) })}`,
      );
    }
    expect(counts.documents).toBeGreaterThan(0);
  });
});
