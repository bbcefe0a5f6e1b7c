// What the demo shows: per guard what it allows, warns of, blocks and repairs. The daemon decides all of it.

export type Shown = "ALLOWED" | "WARNING" | "BLOCKED" | "REPAIRED";

export interface Step {
  readonly tool: string;
  readonly args?: unknown;
  readonly namespace?: string;
  readonly turn?: string;
  readonly plan?: string;
  /** What the tool gives; undefined: its output is not told. */
  readonly output?: unknown;
  readonly errorClass?: string;
  /** `{{ref}}` in the arguments is the reference of the output before. */
}

export interface Scenario {
  readonly guard: string;
  readonly title: string;
  /** Whose policy holds: demo/guards/policy. Absent: only the built-in values. */
  readonly tenant?: string;
  /** Leading up to it. */
  readonly before?: readonly Step[];
  readonly step: Step;
  /** Whether the last call or its output is shown. */
  readonly looksAt?: "output";
  readonly shown: Shown;
}

const user = { tool: "create_user" };
const secret = { config: "api_key=sk_fake_abc123def456" };
const query: Step = { tool: "db_query", args: { sql: "SELECT 1" } };
const cdf = (x: number): Step => ({
  tool: "normal_cdf",
  args: { x, mean: 0, std: 1 },
  output: { result: 1 },
});
const chain = (count: number): Step[] =>
  Array.from({ length: count }, (_, at) => ({ tool: "step", args: { at }, plan: "p", output: {} }));

export const SCENARIOS: readonly Scenario[] = [
  {
    guard: "schema_strictness",
    title: "valid arguments",
    step: { ...user, args: { name: "Ada", age: 30 } },
    shown: "ALLOWED",
  },
  {
    guard: "schema_strictness",
    title: "a field is missing",
    step: { ...user, args: { name: "Ada" } },
    shown: "BLOCKED",
  },
  {
    guard: "schema_strictness",
    title: "a number as text",
    tenant: "coerce",
    step: { ...user, args: { name: "Ada", age: "25" } },
    shown: "REPAIRED",
  },
  {
    guard: "unresolved_reference",
    title: "a placeholder was left, level warn",
    step: { tool: "greet", args: { name: "${USER}" } },
    shown: "WARNING",
  },
  {
    guard: "unresolved_reference",
    title: "the same at level block",
    tenant: "strict-references",
    step: { tool: "greet", args: { name: "${USER}" } },
    shown: "BLOCKED",
  },
  {
    guard: "sensitive_data",
    title: "nothing secret",
    step: { tool: "get_page", args: { config: "debug=true" } },
    shown: "ALLOWED",
  },
  {
    guard: "sensitive_data",
    title: "an API key in the arguments",
    step: { tool: "get_page", args: secret },
    shown: "BLOCKED",
  },
  {
    guard: "sensitive_data",
    title: "the same, redacted",
    tenant: "redact",
    step: { tool: "get_page", args: secret },
    shown: "REPAIRED",
  },
  {
    guard: "network_policy",
    title: "a public address",
    step: { tool: "fetch", args: { url: "https://api.example.com/data" } },
    shown: "ALLOWED",
  },
  {
    guard: "network_policy",
    title: "this host",
    step: { tool: "fetch", args: { url: "http://localhost:8080/admin" } },
    shown: "BLOCKED",
  },
  {
    guard: "network_policy",
    title: "the metadata of a cloud, in octal",
    step: { tool: "fetch", args: { url: "http://0251.0376.0251.0376/" } },
    shown: "BLOCKED",
  },
  {
    guard: "network_policy",
    title: "plain HTTP where HTTPS is required",
    tenant: "narrow",
    step: { tool: "fetch", args: { url: "http://api.example.com" } },
    shown: "BLOCKED",
  },
  {
    guard: "side_effect",
    title: "reading in production",
    tenant: "production",
    step: { tool: "get_user" },
    shown: "ALLOWED",
  },
  {
    guard: "side_effect",
    title: "deleting in production",
    tenant: "production",
    step: { tool: "delete_user" },
    shown: "BLOCKED",
  },
  {
    guard: "concurrency",
    title: "the first call of a tool with one slot",
    tenant: "narrow",
    step: { tool: "heavy_api", output: {} },
    shown: "ALLOWED",
  },
  {
    guard: "concurrency",
    title: "a second one at the same time",
    tenant: "narrow",
    before: [{ tool: "heavy_api" }],
    step: { tool: "heavy_api", args: { again: true } },
    shown: "BLOCKED",
  },
  {
    guard: "timeout_budget",
    title: "a turn with time left",
    step: { tool: "get_page", turn: "t" },
    shown: "ALLOWED",
  },
  {
    guard: "timeout_budget",
    title: "most of the time is used",
    tenant: "little-time",
    step: { tool: "get_page", turn: "t" },
    shown: "WARNING",
  },
  {
    guard: "timeout_budget",
    title: "no time is left",
    tenant: "no-time",
    step: { tool: "get_page", turn: "t" },
    shown: "BLOCKED",
  },
  {
    guard: "output_size",
    title: "a small output",
    step: { tool: "list_rows", output: { items: [1, 2] } },
    looksAt: "output",
    shown: "ALLOWED",
  },
  {
    guard: "output_size",
    title: "2,000 items",
    step: { tool: "list_rows", output: { items: Array.from({ length: 2_000 }, (_, at) => at) } },
    looksAt: "output",
    shown: "BLOCKED",
  },
  {
    guard: "output_size",
    title: "the same, cut to fit",
    tenant: "truncate",
    step: { tool: "list_rows", output: { items: Array.from({ length: 2_000 }, (_, at) => at) } },
    looksAt: "output",
    shown: "REPAIRED",
  },
  { guard: "retry_safety", title: "a first attempt", step: query, shown: "ALLOWED" },
  {
    guard: "retry_safety",
    title: "a second one at once",
    tenant: "slow-retries",
    before: [query],
    step: query,
    shown: "WARNING",
  },
  {
    guard: "retry_safety",
    title: "a fourth one",
    before: [query, query, query],
    step: query,
    shown: "BLOCKED",
  },
  {
    guard: "retry_safety",
    title: "an order without an idempotency key",
    tenant: "keys",
    step: { tool: "create_order", args: { item: "widget" } },
    shown: "BLOCKED",
  },
  {
    guard: "provenance",
    title: "a reference to an earlier output",
    before: [{ tool: "fetch_data", output: { data: [1] } }],
    step: { tool: "use_data", args: { ref: "{{ref}}" } },
    shown: "ALLOWED",
  },
  {
    guard: "provenance",
    title: "a reference that nobody gave, level warn",
    step: { tool: "use_data", args: { ref: "fake:invalid:123" } },
    shown: "WARNING",
  },
  {
    guard: "provenance",
    title: "the same at level block",
    tenant: "strict-references",
    step: { tool: "use_data", args: { ref: "fake:invalid:123" } },
    shown: "BLOCKED",
  },
  {
    guard: "plan_shape",
    title: "a second call of a plan",
    tenant: "narrow",
    before: chain(1),
    step: { tool: "step", args: { last: true }, plan: "p" },
    shown: "ALLOWED",
  },
  {
    guard: "plan_shape",
    title: "a third one where two are the most",
    tenant: "narrow",
    before: chain(2),
    step: { tool: "step", args: { last: true }, plan: "p" },
    shown: "BLOCKED",
  },
  {
    guard: "saturation",
    title: "an extreme Z-score",
    tenant: "statistics",
    step: cdf(100),
    shown: "WARNING",
  },
  {
    guard: "saturation",
    title: "three results of 1 in a row",
    tenant: "statistics",
    before: [cdf(1), cdf(2)],
    step: cdf(3),
    looksAt: "output",
    shown: "WARNING",
  },
  {
    guard: "saturation",
    title: "an extreme Z-score that is refused",
    tenant: "strict-statistics",
    step: cdf(100),
    shown: "BLOCKED",
  },
  {
    guard: "tool_budget",
    title: "a call within the budget",
    tenant: "budget",
    step: { tool: "get_page" },
    shown: "ALLOWED",
  },
  {
    guard: "tool_budget",
    title: "one more",
    tenant: "budget",
    before: [{ tool: "get_page" }],
    step: { tool: "get_user" },
    shown: "BLOCKED",
  },
  {
    guard: "precondition",
    title: "a transfer of 50 where 100 is the most",
    tenant: "conditions",
    step: { tool: "transfer", args: { amount: 50 } },
    shown: "ALLOWED",
  },
  {
    guard: "precondition",
    title: "a transfer of 500",
    tenant: "conditions",
    step: { tool: "transfer", args: { amount: 500 } },
    shown: "BLOCKED",
  },
  {
    guard: "grounding",
    title: "an amount from an earlier output",
    tenant: "grounded",
    before: [{ tool: "get_invoice", output: { due: 4_711 } }],
    step: { tool: "pay", args: { amount: 4_711 } },
    shown: "ALLOWED",
  },
  {
    guard: "grounding",
    title: "an amount from nowhere",
    tenant: "grounded",
    step: { tool: "pay", args: { amount: 4_711 } },
    shown: "BLOCKED",
  },
];
