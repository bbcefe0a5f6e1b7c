import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { ToolCallAnswer } from "../../../src/engine/guards/calls/check-tool-call.ts";
import { GUARDS } from "../../../src/engine/guards/guard-table.ts";
import { type CallFields, guardsOf, ToolEngine } from "../../unit/engine/guards/calls/tool-engine.ts";

// The chain as a whole, over arguments and histories of all kinds.

const TOOLS = [
  {
    name: "create_user",
    schema: {
      type: "object",
      properties: {
        age: { type: "integer" },
        key: { type: "string", pattern: "^A|^$|^api" },
        name: { maxLength: 9 },
      },
      required: ["age"],
      additionalProperties: true,
    },
  },
] as const;

/** Texts that some guard has something to say about. */
const telling = fc.constantFrom(
  "AKIAQWERTYUIOPASDFGH",
  "api_key=sk_fake_abc123def456",
  "http://localhost/",
  "https://api.example.com/",
  "${USER}",
  "fake:invalid:123",
  "25",
  "",
);
const leaf = fc.oneof(telling, fc.jsonValue({ maxDepth: 1 }));
const argumentsOf = fc.dictionary(
  fc.constantFrom(
    "age",
    "url",
    "key",
    "ref",
    "_source",
    "name",
    "_idempotency_key",
    "_capability_token",
    "x",
  ),
  fc.oneof(leaf, fc.array(leaf, { maxLength: 3 }), fc.dictionary(fc.constantFrom("ref", "a", "url"), leaf)),
  { maxKeys: 4 },
);
const toolName = fc.constantFrom("create_user", "get_page", "delete_user", "run", "__proto__");
const fields: fc.Arbitrary<CallFields> = fc.record(
  {
    turnId: fc.constantFrom("t1", "t2"),
    planId: fc.constantFrom("p1", "p2"),
    namespace: fc.constantFrom("a", "b"),
    parents: fc.constantFrom(["call-1"], ["call-1", "call-2"], ["never"]),
  },
  { requiredKeys: [] },
);
const calls = fc.array(fc.tuple(toolName, argumentsOf, fields, fc.boolean()), {
  minLength: 1,
  maxLength: 25,
});

const GUARD_POLICY = guardsOf({
  schema_strictness: { coerce_types: true },
  sensitive_data: { redact_mode: "redact" },
  concurrency: { default_tool_max: 3, per_session_max: 5 },
  plan_shape: { max_chain_length: 4, max_fan_out: 4, armed_by: "session" },
  tool_budget: { level: "block", total: 12 },
  unresolved_reference: { level: "block" },
});

function started(): ToolEngine {
  const engine = new ToolEngine({ guards: GUARD_POLICY, tools: TOOLS });
  engine.register("run");
  return engine;
}

/** Everything that a call may change. */
function stateOf(engine: ToolEngine): string {
  const { sessions, toolCalls } = engine.world;
  const { steps, toolCalls: used, requests, costNanoUsd } = engine.snapshot("run");
  const slices = [...sessions.byKey.values()].map(({ slices: one }) => one);
  const known = [...(toolCalls.byExecution.get(engine.index("run"))?.keys() ?? [])];
  return JSON.stringify([
    slices,
    known,
    toolCalls.slots("all\ndefault"),
    [steps, used, requests, costNanoUsd].map(String),
  ]);
}

function said({ decision, stoppedAt, reason, repaired }: ToolCallAnswer): unknown {
  return [decision.verdict, decision.findings, stoppedAt, reason, repaired];
}

describe("the chain of guards, for any calls", () => {
  test("never allows arguments that had to be repaired to a caller that does not accept repairs", () => {
    fc.assert(
      fc.property(toolName, argumentsOf, fields, (tool, value, more) => {
        const accepting = started().call(tool, value, { ...more, acceptsRepair: true });
        const plain = started().call(tool, value, { ...more, acceptsRepair: false });
        expect(plain.repaired).toBeUndefined();
        expect(plain.decision.verdict).not.toBe("REPAIR");
        const wanted = accepting.repaired === undefined && accepting.decision.allowed;
        expect(plain.decision.allowed).toBe(wanted);
      }),
    );
  });

  test("never passes on an output that had to be repaired to a caller that does not accept repairs", () => {
    const guards = guardsOf({
      sensitive_data: { redact_mode: "redact" },
      output_size: {
        truncation_mode: "truncate",
        max_bytes: 250,
        max_array_length: 2,
        max_string_length: 30,
      },
    });
    const judge = (value: unknown, acceptsRepair: boolean) => {
      const engine = new ToolEngine({ guards });
      engine.register("run");
      engine.call("get_page", {}, { callId: "c" });
      return engine.output("c", value, { acceptsRepair });
    };
    fc.assert(
      fc.property(argumentsOf, (value) => {
        const [accepting, plain] = [judge(value, true), judge(value, false)];
        expect(plain.repaired).toBeUndefined();
        expect(plain.decision.verdict).not.toBe("REPAIR");
        expect(plain.decision.allowed).toBe(accepting.repaired === undefined && accepting.decision.allowed);
        const { repaired } = accepting;
        if (repaired === undefined) return;
        const again = judge(JSON.parse(repaired), true);
        expect([again.decision.allowed, again.repaired]).toEqual([true, undefined]);
      }),
    );
  });

  test("passes on only what it would pass on again as it is", () => {
    fc.assert(
      fc.property(toolName, argumentsOf, (tool, value) => {
        const { repaired } = started().call(tool, value, { acceptsRepair: true });
        if (repaired === undefined) return;
        const again = started().call(tool, repaired, { acceptsRepair: true });
        expect([again.decision.allowed, again.repaired]).toEqual([true, undefined]);
      }),
    );
  });

  test("takes nothing of a call that it refuses", () => {
    fc.assert(
      fc.property(calls, (made) => {
        const engine = started();
        for (const [tool, value, more, acceptsRepair] of made) {
          const before = stateOf(engine);
          const answer = engine.call(tool, value, { ...more, acceptsRepair });
          const after = stateOf(engine);
          expect(after === before).toBe(!answer.decision.allowed);
        }
      }),
    );
  });

  test("answers the same to the same history (P7)", () => {
    fc.assert(
      fc.property(calls, (made) => {
        const [one, other] = [started(), started()];
        for (const [tool, value, more, acceptsRepair] of made) {
          const request = { ...more, acceptsRepair };
          expect(said(one.call(tool, value, request))).toEqual(said(other.call(tool, value, request)));
        }
      }),
    );
  });

  test("never has more calls in flight than it may, whatever is told of outputs", () => {
    fc.assert(
      fc.property(calls, fc.array(fc.nat(30), { maxLength: 30 }), (made, told) => {
        const engine = started();
        for (const [at, [tool, value, more]] of made.entries()) {
          engine.call(tool, value, { ...more, callId: `c${at}` });
          const ended = `c${told[at] ?? 0}`;
          if (engine.world.toolCalls.find(engine.index("run"), ended) !== undefined) engine.output(ended, {});
          expect(engine.world.toolCalls.slots(`tool\ndefault\n${tool}`)).toBeLessThanOrEqual(3);
          expect(engine.world.toolCalls.slots("all\ndefault")).toBeLessThanOrEqual(5);
        }
      }),
    );
  });

  test("keeps in a session only what comes back from a file as it was, within its bound", () => {
    fc.assert(
      fc.property(calls, (made) => {
        const engine = started();
        for (const [at, [tool, value, more]] of made.entries()) {
          const answer = engine.call(tool, value, { ...more, callId: `c${at}`, acceptsRepair: true });
          if (answer.decision.allowed) engine.output(`c${at}`, value, { acceptsRepair: true });
        }
        for (const { slices } of engine.world.sessions.byKey.values()) {
          const text = JSON.stringify(slices);
          expect(JSON.parse(text)).toEqual(slices);
          expect(text.length).toBeLessThan(65_536);
          for (const id of Object.keys(slices)) expect(GUARDS.has(id as never)).toBe(true);
        }
      }),
    );
  });

  test("answers any text sent as arguments, and any sent as an output", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), fc.jsonValue(), (text, output) => {
        const engine = started();
        expect(engine.call("get_page", text).decision.verdict).toBeDefined();
        engine.call("get_page", {}, { callId: "c" });
        expect(engine.output("c", output, { acceptsRepair: true }).decision.verdict).toBeDefined();
      }),
    );
  });
});
