import { bound, choice, fixed, free, group, listById, mapOf, maximum, minimum, mode } from "./field.ts";
import { AMOUNT, count, duration, ID, numberBetween, type Shape, text, USD, words } from "./shape.ts";

// Keys of the sections `quotas`, `rates` and `pools`: what principals may use in a calendar window, how fast, and from which
// shared budget (docs/quotas.md).

const SCOPE = choice(words("cluster", "pod"), "Whether all pods share it, or each pod counts by itself.", {
  default: "pod",
});
const ON_UNAVAILABLE = choice(
  words("spend_lease_then_block", "allow"),
  "What happens to a shared one while the shared store is away.",
  { default: "spend_lease_then_block" },
);

/** A value that follows the load; the amounts are in the unit of what it adjusts. */
function autoAdjust<T extends number | bigint>(amount: Shape<T>) {
  return group(
    {
      mode: choice(
        words("off", "suggest", "apply"),
        "Whether a better value is looked for, only suggested, or set.",
        { default: "off" },
      ),
      floor: minimum(amount, "The least value it may take.", {}),
      ceiling: maximum(amount, "The largest value it may take.", { unbounded: true }),
      step: maximum(amount, "The most by which it may change at once.", { unbounded: true }),
      every: free(duration(60_000), "How often it is looked at.", { default: 3_600_000 }),
    },
    "Values that follow the load.",
    { bare: "mode" },
  );
}

/** A quota: `{value, mode, scope, on_unavailable, auto_adjust}`, or its value alone. */
function quota<T extends number | bigint>(shape: Shape<T>, description: string) {
  return bound(
    {
      value: maximum(shape, description, { unbounded: true }),
      mode: mode("Whether the quota holds, or only says what it would have done."),
      scope: SCOPE,
      on_unavailable: ON_UNAVAILABLE,
      auto_adjust: autoAdjust(shape),
    },
    description,
  );
}

function windows<T extends number | bigint, const W extends "hour" | "day" | "month">(
  shape: Shape<T>,
  description: string,
  ...names: readonly W[]
) {
  const fields = Object.fromEntries(
    names.map((name) => [name, quota(shape, `${description} in one calendar ${name}.`)]),
  ) as {
    readonly [N in W]: ReturnType<typeof quota<T>>;
  };
  return group(fields, `${description}, by calendar window.`);
}

/** Reported amounts have fractions; a billion hours or GiB is above any machine. */
const HOURS_OR_GIB = numberBetween(0, 1_000_000_000);

/** What one principal may use. CPU time, memory-time and storage are written in hours, GiB-hours and GiB. */
export const QUOTA_FIELDS = {
  requests: windows(AMOUNT, "Requests", "hour", "day"),
  tokens: windows(AMOUNT, "Input and output tokens", "hour", "day"),
  input_tokens: windows(AMOUNT, "Input tokens", "hour", "day"),
  output_tokens: windows(AMOUNT, "Output tokens", "hour", "day"),
  cost_usd: windows(USD, "USD", "hour", "day", "month"),
  cpu_hours: windows(HOURS_OR_GIB, "Hours of CPU time", "day"),
  memory_gb_hours: windows(HOURS_OR_GIB, "GiB-hours of memory", "day"),
  storage_gb: quota(HOURS_OR_GIB, "GiB of storage."),
  custom: mapOf(
    "counter",
    windows(AMOUNT, "Amount of a custom counter", "hour", "day", "month"),
    "Quotas of custom counters.",
    {
      maxNames: 8,
    },
  ),
  concurrent_requests: quota(AMOUNT, "Requests at the same time."),
  concurrent_executions: quota(AMOUNT, "Executions RUNNING or PAUSED at the same time."),
};

/** What `quotas: default` stands for. */
const DEFAULT_QUOTAS = {
  tenant: {
    requests: { hour: 1_000, day: 10_000 },
    tokens: { hour: 100_000, day: 1_000_000 },
    cost_usd: { hour: 100, day: 1_000, month: 10_000 },
    cpu_hours: { day: 24 },
    memory_gb_hours: { day: 100 },
    storage_gb: 10,
    concurrent_requests: 50,
  },
};

export const QUOTAS = mapOf(
  "principal",
  group(QUOTA_FIELDS, "What this principal may use."),
  "Quotas by principal: `global`, `tenant`, or a level with a name or a pattern, as `user:*`.",
  { named: { default: DEFAULT_QUOTAS } },
);

/** Requests a second: above a million no single process answers. */
const RATE = numberBetween(0, 1_000_000);

export const RATE_FIELDS = {
  rps: maximum(RATE, "Requests a second.", { unbounded: true }),
  burst: maximum(count(0, 1_000_000), "Requests at once; without the key twice `rps`.", { unbounded: true }),
  mode: mode("Whether the rate holds, or only says what it would have done."),
  scope: SCOPE,
  across_pods: choice(
    words("exact", "leased"),
    "How a shared rate is kept: asked for every request, or by shares.",
    { default: "leased" },
  ),
  on_unavailable: ON_UNAVAILABLE,
  endpoint_multipliers: mapOf(
    "route",
    maximum(numberBetween(0, 1_000), "Factor of `rps` and `burst` on this route.", {}),
    "Factors by route: exact, else the longest prefix of segments.",
  ),
  auto_adjust: autoAdjust(RATE),
  description: free(text(1_024), "Kept and shown.", {}),
};

export const RATES = mapOf(
  "rate_principal",
  group(RATE_FIELDS, "How fast this principal may be.", { bare: "rps" }),
  "Rates by principal, as `tenant`, `user:*`, `ip:203.0.113.0/24`, `provider:openai`.",
);

/** Members of a pool and pools of a tenant. */
const POOL_MEMBERS = 1_000;
const POOLS_MAX = 100;

export const POOL_MEMBER_FIELDS = {
  weight: free(numberBetween(0, 1_000_000), "Its part of the pool beside the others'.", { default: 1 }),
  min: minimum(USD, "USD that it gets in any case.", {}),
  max: maximum(USD, "USD that it gets at most.", { unbounded: true }),
};

export const POOLS = listById(
  {
    id: fixed(ID, "Name of the pool.", { default: "" }),
    usd: maximum(USD, "USD shared by its members.", {}),
    window: fixed(words("day", "month"), "Calendar window of the budget.", { default: "month" }),
    recompute: free(words("window", "hour"), "How often shares are divided anew.", { default: "window" }),
    mode: mode("Whether the shares hold, or only say what they would have done."),
    members: mapOf(
      "member",
      group(POOL_MEMBER_FIELDS, "A member."),
      "Members, by principal, or as a list of them with `principal`.",
      { maxNames: POOL_MEMBERS, listKey: "principal" },
    ),
  },
  POOLS_MAX,
  "Budgets shared by principals.",
);
