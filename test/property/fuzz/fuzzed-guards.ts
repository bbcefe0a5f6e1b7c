import type { GuardId } from "../../../src/domain/policy/guard-ids.ts";
import type { ToolCall } from "../../../src/engine/guards/guard.ts";

// What each guard is fuzzed with: settings under which it has something to say, names and texts that it looks at, and inputs that
// mean something, to be spoiled.

export interface Fuzzed {
  readonly settings: readonly object[];
  readonly tools: readonly Partial<ToolCall>[];
  readonly names: readonly string[];
  readonly pieces: readonly string[];
  readonly samples: readonly object[];
}

const PLAIN: readonly Partial<ToolCall>[] = [
  { tool: "get_page" },
  { tool: "create_user", sideEffect: "write" },
  { tool: "stats.cdf" },
];

const SCHEMA = {
  $defs: {
    leg: {
      type: "object",
      properties: { to: { type: "string" }, next: { $ref: "#/$defs/leg" } },
      required: ["to"],
    },
  },
  type: "object",
  properties: {
    count: { type: "integer", minimum: 0, maximum: 1_000 },
    ratio: { type: "number", multipleOf: 0.5 },
    flag: { type: "boolean" },
    name: { type: "string", maxLength: 40, pattern: "^[a-z ]*$" },
    kind: { enum: [1, 2, "three", null] },
    when: { type: "string", format: "date-time" },
    either: {
      oneOf: [{ type: "integer" }, { type: "array", items: { type: "boolean" }, uniqueItems: true }],
    },
    leg: { $ref: "#/$defs/leg" },
    map: {
      type: "object",
      additionalProperties: { type: ["null", "number"] },
      propertyNames: { maxLength: 8 },
    },
  },
  required: ["count", "name"],
};

const KEY = "AKIAQWERTYUIOPASDFGH";

export const FUZZED: { readonly [G in GuardId]: Fuzzed } = {
  schema_strictness: {
    settings: [
      { coerce_types: true },
      { coerce_types: true, allow_extra_fields: true, reject_empty_strings: false },
      {},
    ],
    tools: [
      { tool: "trip", entry: { name: "trip", schema: SCHEMA } },
      { tool: "free", entry: { name: "free", schema: true } },
    ],
    names: [...Object.keys(SCHEMA.properties), "to", "next"],
    pieces: ["three", "2", "2026-01-01T00:00:00Z", "1.50", '{"to":5}', "[true]", "yes", "False"],
    samples: [
      { count: "18", name: "ann", flag: "true", leg: '{"to":"x"}', either: "[true,false]", map: { a: "1" } },
      {
        count: 5,
        name: "ann",
        kind: "1",
        when: "2026-01-01T00:00:00Z",
        leg: { to: "a", next: { to: 5 } },
        ratio: "1.5",
      },
    ],
  },
  sensitive_data: {
    settings: [
      { redact_mode: "redact" },
      { redact_mode: "hash" },
      { redact_mode: "block" },
      { redact_mode: "redact", min_secret_length: 4, custom_patterns: ["cust-[0-9]{4}"], allowlist: [KEY] },
    ],
    tools: PLAIN,
    names: ["password", "api_key", "token", "name", "value", "db_password", "Authorization", "note"],
    pieces: [
      "hunter2Hunter3x9",
      "xoxb-",
      "ghp_",
      "cust-1234",
      "postgres://u:p4ssW0rd@h",
      "secret: ",
      "aGVsbG86d29ybGQxMjM=",
    ],
    samples: [
      {
        note: `the key is ${KEY}.`,
        password: "hunter2Hunter3x9",
        list: [{ name: "DB_PASSWORD", value: "aB3dE5gH7jK9mN1p" }],
      },
      {
        inner: JSON.stringify({
          api_key: KEY,
          deep: JSON.stringify({ token: "ghp_0123456789abcdefABCDEF0123456789abcd" }),
        }),
      },
      {
        url: `postgres://user:p4ssW0rd@db/x?key=${KEY}`,
        text: Buffer.from(`key ${KEY} end`).toString("base64"),
      },
      { [KEY]: 1, [`${KEY} `]: 2, header: "Authorization: Bearer abcdef0123456789abcdef0123456789" },
    ],
  },
  network_policy: {
    settings: [
      {},
      { require_https: true, allowed_domains: ["api.example.com"] },
      { air_gapped: true },
      { resolve_dns: true },
      { schemes: ["https"], ports: [443], blocked_domains: ["evil.example"] },
    ],
    tools: PLAIN,
    names: ["url", "host", "target", "endpoint", "webhook_url", "imageUrls", "note"],
    pieces: [
      "api.example.com",
      "evil.example",
      "10.0.0.1",
      "::1",
      "fe80::1%25eth0",
      "0177.0.0.1",
      "１２７.0.0.1",
      "127。0。0。1",
      "file:",
      "gopher:",
      "metadata.google.internal",
      "\\\\",
      "/\\",
      "xn--",
    ],
    samples: [
      {
        url: "https://api.example.com/data?next=http://localhost/",
        host: "10.0.0.1:80",
        note: "see http://127.0.0.1/ and [::1]:80",
      },
      {
        target: "https://user@api.example.com#@127.0.0.1/",
        imageUrls: ["//169.254.169.254/", "0x7f000001", 2_130_706_433],
      },
    ],
  },
  side_effect: {
    settings: [
      {},
      { execution_mode: "read_only", classification: "substring" },
      { environment: "prod", require_capability_token: true, classifications: { "get_*": "destructive" } },
    ],
    tools: [...PLAIN, { tool: "deleteUser", sideEffect: "destructive" }],
    names: ["_capability_token", "x"],
    pieces: ["a.b.c"],
    samples: [{ _capability_token: "a.b.c", x: 1 }, { x: { _capability_token: null } }],
  },
  concurrency: {
    settings: [
      {},
      { global_max: 0 },
      { default_tool_max: 0, per_tool_max: { "get_*": 3 }, per_namespace_max: { a: 0 }, per_session_max: 0 },
    ],
    tools: [...PLAIN, { tool: "get_page", namespace: "a" }],
    names: [],
    pieces: [],
    samples: [{ a: 1 }],
  },
  timeout_budget: {
    settings: [
      { armed_by: "session" },
      { per_plan_budget_ms: 5_000, soft_budget_ratio: 0.5, degrade_actions: ["reduce_timeout"] },
      { per_turn_budget_ms: 1 },
    ],
    tools: PLAIN,
    names: [],
    pieces: ["t1", "p1"],
    samples: [{ a: 1 }],
  },
  output_size: {
    settings: [
      {
        truncation_mode: "truncate",
        max_bytes: 400,
        max_array_length: 3,
        max_depth: 3,
        max_string_length: 20,
      },
      {
        truncation_mode: "paginate",
        max_bytes: 300,
        max_tokens: 90,
        max_array_length: 2,
        max_depth: 4,
        max_string_length: 30,
      },
      {
        truncation_mode: "truncate",
        max_bytes: 180,
        max_string_length: 10,
        max_depth: 2,
        max_array_length: 1,
      },
      {},
    ],
    tools: PLAIN,
    names: ["items", "data", "page"],
    pieces: ["€".repeat(30), "😀".repeat(30), "x".repeat(300)],
    samples: [
      { items: [1, [2, [3, [4]]], "x".repeat(100), { a: ["b".repeat(40)] }] },
      { data: "é😀".repeat(80), page: { items: [{ a: 1 }, { b: 2 }, { c: 3 }] } },
    ],
  },
  retry_safety: {
    settings: [
      {},
      { require_idempotency_key: true, backoff: "block", max_same_signature_retries: 1 },
      { enforce_backoff: false, backoff_factor: 1.5 },
    ],
    tools: PLAIN,
    names: ["_idempotency_key"],
    pieces: [],
    samples: [{ _idempotency_key: "abc", x: 1 }, { _idempotency_key: "  " }],
  },
  provenance: {
    settings: [
      {},
      { max_unattributed_uses: 3, reference_argument_names: ["*ref*", "a"] },
      { track_lineage: false, require_attribution: false },
    ],
    tools: [
      ...PLAIN,
      { tool: "use", entry: { name: "use", schema: { type: "object", properties: { data_ref: {} } } } },
    ],
    names: ["ref", "data_ref", "_reference", "_source", "a"],
    pieces: ["fake:invalid:123", "get_page:0:1:2"],
    samples: [
      { ref: "fake:invalid:123", data_ref: ["a:b:1", { ref: "x:y:2" }] },
      { _source: null, a: { _reference: "q:w:3:4" } },
    ],
  },
  plan_shape: {
    settings: [
      { armed_by: "session", max_chain_length: 5 },
      { max_fan_out: 3, max_unique_tools: 2, fan_out_fan_in_threshold: 2 },
      {},
    ],
    tools: PLAIN,
    names: [],
    pieces: ["p1", "c1"],
    samples: [{ a: 1 }],
  },
  saturation: {
    settings: [
      { cdf_tools: ["stats.*"], degenerate_values: [0, 1] },
      {
        cdf_tools: ["*"],
        degenerate_values: [0.5],
        tolerance: 0.1,
        block_on_extreme: true,
        max_consecutive_degenerate: 1,
      },
      {},
    ],
    tools: PLAIN,
    names: ["x", "mean", "std", "mu", "sigma", "z", "result", "value"],
    pieces: ["1.0", "0.0"],
    samples: [
      { x: 100, mean: 0, std: 1 },
      { x: "1e3", mu: -5, sigma: 1e-300 },
      { result: 1 },
      { z: -9.5, values: [1, 2] },
    ],
  },
  tool_budget: {
    settings: [
      {},
      { total: 3, per: "turn" },
      { per_tool: { "get_*": 2 }, discovery: 1, execution: 1, total: 2 },
    ],
    tools: [...PLAIN, { tool: "list_tools", entry: { name: "list_tools", discovery: true } }],
    names: [],
    pieces: ["t1"],
    samples: [{ a: 1 }],
  },
  precondition: {
    settings: [
      {
        pre: {
          "*": [
            "args.amount <= 500",
            "has(args.to) && args.to.endsWith('x')",
            "args.list.all(x, x > 0)",
            "args.exists(k, k == 'amount')",
          ],
        },
        post: { "*": ["output.status == 'ok'", "size(output) < 10", "duration_ms >= 0.0"] },
      },
      { pre: { "get_*": ["args.?amount.orValue(0) < 10.0", "args.to.matches('^(a+)+$')"] }, post: {} },
    ],
    tools: PLAIN,
    names: ["amount", "to", "list", "status"],
    pieces: ["ok", "aaaaaaaaaaaaaaaaaaaaaaaaaaaa!"],
    samples: [
      { amount: 12.5, to: "ax", list: [1, 2, 3], status: "ok" },
      { amount: "x", to: ["x"], list: [[1], { a: 2 }] },
    ],
  },
  unresolved_reference: {
    settings: [{}, { patterns: ["\\$\\{", "TODO"] }, { patterns: [] }],
    tools: PLAIN,
    names: ["path"],
    pieces: ["TODO", "${", "}}", "{{", "<NAME>", "< NAME >"],
    samples: [{ path: "/users/${USER}/{{id}}", list: ["<NAME>", { a: "ok" }] }],
  },
  grounding: {
    settings: [
      { tools: { "*": {} } },
      { tools: { "stats.*": {} }, tolerance: 0, max_repeats: 1 },
      { tools: { "*": {} }, tolerance: 0.01 },
      {},
    ],
    tools: PLAIN,
    names: ["amount", "result"],
    pieces: ["1,234.50", "12%", "3.14", "-7", "+8", "1e3", "٣"],
    samples: [
      { amount: 1234.5, list: [1, 2, "3.5", " 7 "] },
      { result: 42 },
      { result: 420, note: "it was 42 or 1,234.50 or 5%" },
    ],
  },
};
