import type { GuardSettings } from "../../../domain/policy/guard-fields.ts";
import { type BeforeInput, type Guard, type GuardOutcome, PASS } from "../guard.ts";
import { findLeastBound } from "../named-bounds.ts";

// How many calls may be in flight at once, of one tenant: in all, per tool, per namespace and per session. The slots
// themselves stand in the slot table: the chain takes one when the whole call is allowed.

type ConcurrencySettings = GuardSettings<"concurrency">;

export const concurrency: Guard<ConcurrencySettings> = {
  id: "concurrency",
  before: ({ call, settings, facts }) => {
    const full = fullLevels(call, settings, facts);
    if (full === undefined) return PASS;
    const { key, level, used, limit } = full[0] as FullLevel;
    const outcome: GuardOutcome = {
      notes: [
        {
          verdict: "BLOCK",
          reason: "CONCURRENCY_LIMIT",
          text: `concurrency limit reached: ${full.map((one) => `${one.level} ${one.used}/${one.limit}`).join(", ")}`,
          setting: key,
          current: { kind: "count", value: BigInt(used) },
          limit: { kind: "count", value: BigInt(limit) },
        },
      ],
      // Only the number of calls in flight is in the way, whatever this one asks for.
      advice: level === "global" || level === "session" ? ["reduce_parallelism"] : undefined,
    };
    return outcome;
  },
};

interface FullLevel {
  readonly key: string;
  readonly level: string;
  readonly used: number;
  readonly limit: number;
}

type Input = BeforeInput<ConcurrencySettings, unknown>;

function fullLevels(
  call: Input["call"],
  settings: ConcurrencySettings,
  { slots }: Input["facts"],
): FullLevel[] | undefined {
  let full: FullLevel[] | undefined;
  const judge = (key: string, level: string, used: number, limit: number | undefined): void => {
    if (limit === undefined || used < limit) return;
    full ??= [];
    full.push({ key, level, used, limit });
  };
  const { tool, namespace } = call;
  judge("global_max", "global", slots.global, settings.global_max);
  const toolMax = findLeastBound(settings.per_tool_max, tool);
  judge(
    toolMax === undefined ? "default_tool_max" : "per_tool_max",
    `tool ${tool}`,
    slots.tool,
    toolMax ?? settings.default_tool_max,
  );
  if (namespace !== undefined) {
    const namespaceMax = findLeastBound(settings.per_namespace_max, namespace);
    const key = namespaceMax === undefined ? "default_namespace_max" : "per_namespace_max";
    judge(key, `namespace ${namespace}`, slots.namespace, namespaceMax ?? settings.default_namespace_max);
  }
  judge("per_session_max", "session", slots.session, settings.per_session_max);
  return full;
}
