// Guard 4: what tools may change, by execution mode and environment, and with which capability token.
import type { GuardSettings } from "../../../domain/policy/guard-fields.ts";
import type { SideEffect } from "../../../domain/policy/tool-entry.ts";
import { type BeforeInput, type Guard, type GuardNote, type GuardOutcome, PASS } from "../guard.ts";
import { findCapabilityFault } from "./capability.ts";

type SideEffectSettings = Omit<GuardSettings<"side_effect">, "level" | "mode" | "tools" | "namespaces">;
type Input = BeforeInput<SideEffectSettings, undefined>;

/** What each execution mode leaves. */
const allowedClasses: { readonly [M in SideEffectSettings["execution_mode"]]: readonly SideEffect[] } = {
  read_only: ["read_only"],
  write_allowed: ["read_only", "write"],
  destructive_allowed: ["read_only", "write", "destructive"],
};

export const sideEffect: Guard<SideEffectSettings, undefined> = { id: "side_effect", before: judgeCall };

function judgeCall(input: Input): GuardOutcome<undefined> {
  const blocked = judgeClass(input) ?? judgeCapability(input);
  if (blocked !== undefined) return { notes: [blocked] };
  const claims = findUsedClaims(input);
  return claims === undefined ? PASS : { notes: [], usedCapability: claims };
}

/** The environment first: what is refused in production is refused whatever the mode. */
function judgeClass({ call, settings }: Input): GuardNote | undefined {
  const name = `Tool '${call.tool}' classified as ${call.sideEffect} is blocked in`;
  if (settings.environment === "prod" && settings.prod_blocked_classes.includes(call.sideEffect))
    return blockOf(`${name} production`, "prod_blocked_classes");
  return allowedClasses[settings.execution_mode].includes(call.sideEffect)
    ? undefined
    : blockOf(`${name} ${settings.execution_mode} mode`, "execution_mode");
}

function blockOf(text: string, setting: string): GuardNote {
  return { verdict: "BLOCK", reason: "SIDE_EFFECT_BLOCKED", text, setting };
}

function needsCapability({ call, settings }: Input): boolean {
  return settings.require_capability_token && call.sideEffect !== "read_only";
}

function judgeCapability(input: Input): GuardNote | undefined {
  if (!needsCapability(input)) return undefined;
  const { call, facts, now } = input;
  const setting = "require_capability_token";
  if (facts.capability === undefined)
    return {
      verdict: "BLOCK",
      reason: "CAPABILITY_REQUIRED",
      text: `Tool '${call.tool}' classified as ${call.sideEffect} requires a capability token`,
      setting,
    };
  const fault =
    "refused" in facts.capability
      ? facts.capability.refused
      : findCapabilityFault(facts.capability.claims, call, facts, now.wallMs);
  return fault === undefined
    ? undefined
    : { verdict: "BLOCK", reason: "CAPABILITY_INVALID", text: `Capability token refused: ${fault}`, setting };
}

/** A token that nobody asked for is not used up. */
function findUsedClaims(input: Input) {
  const { capability } = input.facts;
  return needsCapability(input) && capability !== undefined && "claims" in capability
    ? capability.claims
    : undefined;
}
