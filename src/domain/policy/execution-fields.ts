import type { LimitKey, OnExceed } from "../limits.ts";
import { LIMITS } from "../limits.ts";
import { bound, choice, exemptionList, free, group, mapOf, maximum, minimum, mode } from "./field.ts";
import {
  AMOUNT,
  count,
  duration,
  FLAG,
  GLOB,
  listOf,
  MEBIBYTES,
  numberBetween,
  type Shape,
  USD,
  words,
} from "./shape.ts";

// Keys of the section `execution`: the limits of one run and what belongs to them (docs/limits.md).

const ON_EXCEED = words("halt", "pause", "block");

/** A limit: `{value, mode, on_exceed}`, or its value alone. */
function limit(shape: Shape<bigint>, description: string, onExceed: OnExceed, value?: bigint) {
  return bound(
    {
      value: maximum(
        shape,
        description,
        value === undefined ? { unbounded: true } : { default: value, unbounded: true },
      ),
      mode: mode("Whether the limit holds, or only says what it would have done."),
      on_exceed: choice(ON_EXCEED, "What reported usage that crosses the limit does.", { default: onExceed }),
    },
    description,
  );
}

function countLimit(key: LimitKey, description: string, value?: bigint) {
  return limit(AMOUNT, description, LIMITS[key].onExceed, value);
}

export const EXECUTION_FIELDS = {
  max_wall_time_ms: countLimit("max_wall_time_ms", "Milliseconds from the registration on.", 300_000n),
  max_working_time_ms: countLimit(
    "max_working_time_ms",
    "Milliseconds from the registration on, less time in PAUSED.",
  ),
  max_steps: countLimit("max_steps", "Steps that ran.", 100n),
  max_tokens: countLimit("max_tokens", "Input and output tokens together.", 100_000n),
  max_input_tokens: countLimit("max_input_tokens", "Input tokens."),
  max_output_tokens: countLimit("max_output_tokens", "Output tokens."),
  max_memory_mb: limit(MEBIBYTES, "MiB of memory in use, as last reported.", "block"),
  max_cost_usd: limit(USD, "USD: above it nothing is admitted.", "halt"),
  cost_alert_threshold_usd: limit(USD, "USD from which the run pauses for a person.", "pause"),
  max_discovery_depth: countLimit("max_discovery_depth", "Depth of discovered steps."),
  max_discovered_steps: countLimit("max_discovered_steps", "Steps that the agent added to its own plan."),
  idle_timeout_seconds: countLimit("idle_timeout_seconds", "Seconds without activity."),
  max_same_step_repetitions: countLimit(
    "max_same_step_repetitions",
    "Repetitions of the same step within `loop_window`.",
  ),
  max_requests: countLimit("max_requests", "Requests, each with its weight."),
  max_tool_calls: countLimit("max_tool_calls", "Tool calls."),
  custom: mapOf(
    "counter",
    limit(AMOUNT, "Amount of a custom counter.", "block"),
    "Limits of custom counters, by their name.",
    {
      maxNames: 8,
    },
  ),
  max_concurrent_executions: group(
    {
      tenant: limit(AMOUNT, "Executions of the tenant that run at the same time.", "block"),
      user: limit(AMOUNT, "Executions of one user that run at the same time.", "block"),
      agent: limit(AMOUNT, "Executions of one agent that run at the same time.", "block"),
    },
    "Executions RUNNING or PAUSED at the same time; a bare number is the tenant's.",
    { bare: "tenant" },
  ),
  timeout_grace_ms: maximum(count(), "Milliseconds that wall and working time may pass their limit.", {
    default: 1_000,
  }),
  warning_threshold: maximum(count(0, 100), "Percent of a limit from which answers warn.", { default: 80 }),
  emit_warning_events: free(FLAG, "Whether WARNING events are pushed to watchers and operators.", {
    default: true,
  }),
  emit_block_events: free(FLAG, "Whether BLOCK events are pushed to watchers and operators.", {
    default: true,
  }),
  loop_window: minimum(
    count(1, 1_024),
    "Steps that loop detection looks back; at least four whole repeats.",
    { default: 20 },
  ),
  loop_escalation: choice(words("block", "warn_first"), "Whether the first crossing of a loop only warns.", {
    default: "block",
  }),
  loop_exempt_tools: exemptionList(listOf(GLOB), "Tools that loop detection leaves alone."),
  on_step_timeout: choice(words("halt", "notify"), "What a step does that runs longer than its timeout.", {
    default: "notify",
  }),
  hold_max_fraction: maximum(numberBetween(1e-6, 1), "Most of what remains that one hold may take.", {
    default: 1,
  }),
  carve: choice(words("cap", "floor"), "Whether a carve is also the child's limit.", { default: "cap" }),
  late_tolerance: maximum(duration(0, 86_400_000), "How far `occurred_at` may move a charge back.", {
    default: 300_000,
  }),
  cost_source: choice(words("max", "price_book", "reported"), "Which cost is charged where both are known.", {
    default: "price_book",
  }),
  unknown_price: choice(
    words("deny", "fallback", "tokens_only"),
    "What is charged for a model without a price; without this key `fallback` where there is a price book, else `tokens_only`.",
    {},
  ),
  unregistered: choice(
    words("block", "register", "allow"),
    "What happens to an intent of an execution that is not registered.",
    { default: "block" },
  ),
};
