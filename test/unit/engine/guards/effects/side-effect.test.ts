import { describe, expect, test } from "vitest";
import { sideEffect } from "../../../../../src/engine/guards/effects/side-effect.ts";
import type { Capability, CapabilityClaims, ToolCall } from "../../../../../src/engine/guards/guard.ts";
import { settingsOf } from "../guard-fixture.ts";
import { beforeOf, factsOf, notesOf } from "./inputs.ts";

const getUser: Partial<ToolCall> = { tool: "get_user", sideEffect: "read_only" };
const createUser: Partial<ToolCall> = { tool: "create_user", sideEffect: "write" };
const deleteUser: Partial<ToolCall> = { tool: "delete_user", sideEffect: "destructive" };

function judge(
  call: Partial<ToolCall>,
  changes: Parameters<typeof settingsOf<"side_effect">>[1] = {},
  capability?: Capability,
  args: unknown = {},
) {
  return sideEffect.before?.(
    beforeOf(settingsOf("side_effect", changes), undefined, call, args, factsOf({ capability })),
  );
}

describe("execution mode and environment", () => {
  test("the example of the source document", () => {
    const prod = { environment: "prod" } as const;
    expect(notesOf(judge(getUser, prod))).toEqual([]);
    expect(notesOf(judge(createUser, prod))).toEqual([]);
    expect(notesOf(judge(deleteUser, prod))).toEqual([
      "SIDE_EFFECT_BLOCKED: Tool 'delete_user' classified as destructive is blocked in production",
    ]);
    expect(notesOf(judge(createUser, { execution_mode: "read_only" }))).toEqual([
      "SIDE_EFFECT_BLOCKED: Tool 'create_user' classified as write is blocked in read_only mode",
    ]);
  });

  test.each([
    ["read_only", "dev", [true, false, false]],
    ["write_allowed", "dev", [true, true, false]],
    ["write_allowed", "staging", [true, true, false]],
    ["destructive_allowed", "dev", [true, true, true]],
    ["destructive_allowed", "staging", [true, true, true]],
    ["destructive_allowed", "prod", [true, true, false]],
    ["read_only", "prod", [true, false, false]],
  ] as const)("%s in %s", (execution_mode, environment, wanted) => {
    const allowed = [getUser, createUser, deleteUser].map(
      (call) => judge(call, { execution_mode, environment })?.notes.length === 0,
    );
    expect(allowed).toEqual(wanted);
  });

  test("more classes can be refused in production, and none", () => {
    const both = { environment: "prod", prod_blocked_classes: ["destructive", "write"] } as const;
    expect(judge(createUser, both)?.notes).toHaveLength(1);
    const none = {
      environment: "prod",
      execution_mode: "destructive_allowed",
      prod_blocked_classes: [],
    } as const;
    expect(judge(deleteUser, none)?.notes).toEqual([]);
  });
});

describe("capability tokens", () => {
  const needed = { require_capability_token: true } as const;
  const claims: CapabilityClaims = {
    subject: "agent",
    tenant: "default",
    execution: undefined,
    tools: ["create_*"],
    classes: ["write"],
    id: "token-1",
    expiresAtMs: 1_700_000_060_000,
  };

  test("a call that changes something needs one, a call that reads does not", () => {
    expect(notesOf(judge(createUser, needed))).toEqual([
      "CAPABILITY_REQUIRED: Tool 'create_user' classified as write requires a capability token",
    ]);
    expect(notesOf(judge(getUser, needed))).toEqual([]);
    expect(notesOf(judge(createUser))).toEqual([]);
  });

  test("one that fits is used, and not when nobody asked for it", () => {
    expect(judge(createUser, needed, { claims })).toEqual({ notes: [], usedCapability: claims });
    expect(judge(createUser, {}, { claims })?.usedCapability).toBeUndefined();
  });

  test.each([
    [{ tenant: "other" }, "for another tenant"],
    [{ tenant: undefined }, "for another tenant"],
    [{ execution: "other" }, "for another execution"],
    [{ tools: ["update_*"] }, "not for this tool"],
    [{ tools: [] }, "not for this tool"],
    [{ classes: ["destructive"] }, "not for the class write"],
    [{ expiresAtMs: 1_700_000_000_000 }, "expired"],
  ] as [Partial<CapabilityClaims>, string][])("%j is refused: %s", (changes, fault) => {
    expect(notesOf(judge(createUser, needed, { claims: { ...claims, ...changes } }))).toEqual([
      `CAPABILITY_INVALID: Capability token refused: ${fault}`,
    ]);
  });

  test("one bound to this execution fits", () => {
    expect(judge(createUser, needed, { claims: { ...claims, execution: "run-1" } })?.notes).toEqual([]);
  });

  test("one that did not verify is refused with what was wrong, and widens nothing", () => {
    expect(notesOf(judge(createUser, needed, { refused: "signature" }))).toEqual([
      "CAPABILITY_INVALID: Capability token refused: signature",
    ]);
    const all = { claims: { ...claims, tools: ["*"], classes: ["destructive"] } };
    expect(notesOf(judge(deleteUser, needed, all))).toEqual([
      "SIDE_EFFECT_BLOCKED: Tool 'delete_user' classified as destructive is blocked in write_allowed mode",
    ]);
  });
});
