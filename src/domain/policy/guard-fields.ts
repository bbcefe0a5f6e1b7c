import {
  type Aliases,
  allowList,
  choice,
  denyList,
  type EffectiveOf,
  exemptionList,
  type Fields,
  free,
  group,
  type LEVELS,
  level,
  mapOf,
  maximum,
  minimum,
  mode,
  partial,
  permission,
  requirement,
} from "./field.ts";
import { ADDRESS, CEL, count, DOMAIN, FLAG, GLOB, listOf, numberBetween, RE2, text, words } from "./shape.ts";

// Keys of the section `guards`: one group per guard, named and defaulted as in docs/guards. Every guard has `level`, `mode`,
// and the same keys again by tool and by namespace, which only tighten.

const MODE_TEXT = "Whether the guard decides, or only says what it would have done.";

/** A `mode` in the words of a level is the level. */
const LEVEL_WORDS: Aliases = {
  mode: Object.fromEntries(["block", "warn"].map((word) => [word, { key: "level", value: word }])),
};

function guard<F extends Fields>(
  word: (typeof LEVELS)[number],
  fields: F,
  description: string,
  aliases: Aliases = LEVEL_WORDS,
) {
  const all = { level: level(word), mode: mode(MODE_TEXT), ...fields };
  return group(
    {
      ...all,
      tools: mapOf(
        "glob",
        partial(all, "What holds for these tools, too.", aliases),
        "Stricter values, by patterns of tool names.",
      ),
      namespaces: mapOf(
        "glob",
        partial(all, "What holds for these namespaces, too.", aliases),
        "Stricter values, by patterns of namespaces.",
      ),
    },
    description,
    { aliases },
  );
}

const NAMES = text(256);
const NUMBERS = listOf(numberBetween(-Number.MAX_VALUE, Number.MAX_VALUE));
const CLASS = words("destructive", "write", "read_only");
/** Most milliseconds of a budget or a backoff: a day. */
const DAY_MS = 86_400_000;

export const SCHEMA_STRICTNESS_FIELDS = {
  coerce_types: free(FLAG, "Whether arguments of the wrong type are repaired where that is safe.", {
    default: false,
  }),
  allow_extra_fields: permission("Whether arguments may have fields that the schema does not name."),
  reject_empty_strings: requirement("Whether a required text must not be empty.", { default: true }),
  require_all_required: requirement("Whether every required field must be there.", { default: true }),
  unknown_tool: choice(
    words("block", "warn", "allow"),
    "What happens to a tool that no Tools document names.",
    { default: "allow" },
  ),
};

export const SENSITIVE_DATA_FIELDS = {
  redact_mode: choice(words("block", "redact", "hash"), "What is done with a secret that was found.", {
    default: "block",
  }),
  check_args: requirement("Whether arguments are looked at.", { default: true }),
  check_output: requirement("Whether outputs are looked at.", { default: true }),
  allowlist: exemptionList(listOf(text(1_024)), "Texts that are no secrets."),
  custom_patterns: denyList(listOf(RE2, 100), "Further patterns of secrets (RE2)."),
  min_secret_length: maximum(
    count(1, 1_024),
    "Characters from which a value under a telling key is a secret.",
    { default: 16 },
  ),
};

export const NETWORK_POLICY_FIELDS = {
  block_private_ips: requirement("Whether private addresses are refused.", { default: true }),
  block_localhost: requirement("Whether this host is refused.", { default: true }),
  block_metadata_ips: requirement("Whether metadata services of clouds are refused.", { default: true }),
  require_https: requirement("Whether only HTTPS is allowed.", { default: false }),
  resolve_dns: requirement("Whether names are resolved, and their addresses judged and pinned.", {
    default: false,
  }),
  air_gapped: requirement("Whether everything but allowed domains is refused.", { default: false }),
  allowed_domains: allowList(listOf(DOMAIN), "Domains that may be called; without the key all.", {}),
  blocked_domains: denyList(listOf(DOMAIN), "Domains that may not be called."),
  schemes: allowList(listOf(text(32)), "Schemes that may be used; without the key all.", {}),
  ports: allowList(listOf(count(1, 65_535)), "Ports that may be called; without the key all.", {}),
  metadata_ips: denyList(listOf(ADDRESS), "Further addresses of metadata services."),
  localhost_patterns: denyList(listOf(GLOB), "Further names of this host."),
  url_argument_names: denyList(listOf(GLOB), "Arguments that hold a URL or a host.", [
    "url",
    "endpoint",
    "host",
    "target",
    "destination",
    "uri",
    "href",
    "link",
    "address",
    "server",
  ]),
};

export const SIDE_EFFECT_FIELDS = {
  execution_mode: choice(
    words("read_only", "write_allowed", "destructive_allowed"),
    "The strongest class of tools that may run.",
    {
      default: "write_allowed",
    },
  ),
  environment: choice(words("prod", "staging", "dev"), "Where the tools run.", { default: "dev" }),
  prod_blocked_classes: denyList(listOf(CLASS), "Classes that are refused in prod.", ["destructive"]),
  require_capability_token: requirement("Whether a call that is not read-only needs a capability token.", {
    default: false,
  }),
  classifications: mapOf(
    "glob",
    choice(CLASS, "The class of these tools.", {}),
    "Classes by tool, before words of the name decide.",
  ),
  classification: free(words("words", "substring"), "How the name of a tool tells its class.", {
    default: "words",
  }),
};

export const CONCURRENCY_FIELDS = {
  global_max: maximum(count(), "Calls in flight in all.", { default: 50 }),
  default_tool_max: maximum(count(), "Calls in flight of a tool that `per_tool_max` does not name.", {
    default: 10,
  }),
  default_namespace_max: maximum(
    count(),
    "Calls in flight of a namespace that `per_namespace_max` does not name.",
    { default: 20 },
  ),
  per_tool_max: mapOf(
    "glob",
    maximum(count(), "Calls in flight of this tool.", {}),
    "Calls in flight, by tool.",
  ),
  per_namespace_max: mapOf(
    "glob",
    maximum(count(), "Calls in flight of this namespace.", {}),
    "Calls in flight, by namespace.",
  ),
  per_session_max: maximum(count(), "Calls in flight of one session; without the key no bound.", {
    unbounded: true,
  }),
};

export const TIMEOUT_BUDGET_FIELDS = {
  per_turn_budget_ms: maximum(count(0, DAY_MS), "Milliseconds of one turn.", { default: 30_000 }),
  per_plan_budget_ms: maximum(count(0, DAY_MS), "Milliseconds of one plan; without the key no bound.", {
    unbounded: true,
  }),
  soft_budget_ratio: maximum(numberBetween(0, 1), "Part of a budget from which answers warn.", {
    default: 0.8,
  }),
  degrade_actions: free(
    listOf(words("disable_retries", "reduce_parallelism", "skip_optional", "reduce_timeout")),
    "Advice that comes with the warning.",
    { default: ["disable_retries", "reduce_parallelism"] },
  ),
  armed_by: choice(words("session", "id"), "Whether calls that name no turn or plan are judged, too.", {
    default: "id",
  }),
};

export const OUTPUT_SIZE_FIELDS = {
  max_bytes: maximum(count(), "Bytes of an output.", { default: 100_000 }),
  max_array_length: maximum(count(), "Items of an array.", { default: 1_000 }),
  max_depth: maximum(count(), "Depth of nesting.", { default: 20 }),
  max_string_length: maximum(count(), "Characters of a text.", { default: 10_000 }),
  max_tokens: maximum(count(), "Tokens of an output, estimated; without the key no bound.", {
    unbounded: true,
  }),
  chars_per_token: maximum(numberBetween(0.1, 100), "Characters that are counted as one token.", {
    default: 4,
  }),
  truncation_mode: choice(
    words("error", "truncate", "paginate"),
    "What is done with an output that is too large.",
    { default: "error" },
  ),
};

export const RETRY_SAFETY_FIELDS = {
  max_same_signature_retries: maximum(count(), "Attempts of the same call.", { default: 3 }),
  non_retryable_errors: denyList(listOf(NAMES), "Classes of errors after which no attempt may follow.", [
    "validation",
    "auth",
    "permission",
    "not_found",
  ]),
  require_idempotency_key: requirement("Whether a tool that is not idempotent needs a key.", {
    default: false,
  }),
  enforce_backoff: requirement("Whether attempts must wait.", { default: true }),
  min_backoff_ms: minimum(count(0, DAY_MS), "Milliseconds before the second attempt.", { default: 100 }),
  max_backoff_ms: minimum(count(0, DAY_MS), "Most milliseconds before an attempt.", { default: 30_000 }),
  backoff_factor: minimum(numberBetween(1, 100), "By what the wait grows with every attempt.", {
    default: 2,
  }),
  backoff: choice(
    words("block", "warn"),
    "Whether an attempt that comes too early is refused or only warned of.",
    { default: "warn" },
  ),
};

export const PROVENANCE_FIELDS = {
  require_attribution: requirement("Whether values must name where they come from.", { default: true }),
  track_lineage: requirement("Whether it is kept which output came from which.", { default: true }),
  max_unattributed_uses: maximum(count(), "Values without a source that are let through.", { default: 0 }),
  reference_argument_names: denyList(listOf(GLOB), "Arguments that hold a reference.", [
    "ref",
    "*_ref",
    "_reference",
    "_provenance",
    "_source",
  ]),
};

export const PLAN_SHAPE_FIELDS = {
  max_chain_length: maximum(count(), "Longest chain of calls that depend on each other.", { default: 20 }),
  max_unique_tools: maximum(count(), "Different tools of a plan.", { default: 15 }),
  max_fan_out: maximum(count(), "Calls that depend on the same call.", { default: 100 }),
  max_batch_size: maximum(count(), "Calls of one batch.", { default: 500 }),
  detect_fan_out_fan_in: requirement("Whether a wide fan-out that comes together again is found.", {
    default: true,
  }),
  fan_out_fan_in_threshold: maximum(count(), "Width from which it is found.", { default: 50 }),
  armed_by: choice(words("session", "id"), "Whether calls that name no plan are judged, too.", {
    default: "id",
  }),
};

export const SATURATION_FIELDS = {
  cdf_tools: denyList(listOf(GLOB), "Statistical tools that are watched."),
  degenerate_values: denyList(NUMBERS, "Results that say nothing."),
  z_threshold: maximum(numberBetween(0, Number.MAX_VALUE), "Distance from the mean that is extreme.", {
    default: 8,
  }),
  block_on_extreme: requirement("Whether an extreme value is refused.", { default: false }),
  max_consecutive_degenerate: maximum(count(), "Results in a row that say nothing.", { default: 3 }),
  tolerance: minimum(
    numberBetween(0, Number.MAX_VALUE),
    "How near a result must be to count as one of `degenerate_values`.",
    { default: 1e-9 },
  ),
};

export const TOOL_BUDGET_FIELDS = {
  discovery: maximum(count(), "Calls of tools that look around.", { default: 5 }),
  execution: maximum(count(), "Calls of all other tools.", { default: 12 }),
  total: maximum(count(), "Calls in all.", { default: 15 }),
  per_tool: mapOf("glob", maximum(count(), "Calls of this tool.", {}), "Calls by tool."),
  per: choice(words("session", "turn"), "How long a budget lasts.", { default: "session" }),
};

export const PRECONDITION_FIELDS = {
  pre: mapOf(
    "glob",
    denyList(listOf(CEL, 100), "Expressions that must be true before these tools run."),
    "Conditions before a call, by tool.",
  ),
  post: mapOf(
    "glob",
    denyList(listOf(CEL, 100), "Expressions that must be true after these tools ran."),
    "Conditions after a call, by tool.",
  ),
};

export const UNRESOLVED_REFERENCE_FIELDS = {
  // ${name}, {{name}} and <NAME>: what templates leave behind.
  patterns: denyList(listOf(RE2, 100), "Placeholders that no argument may hold (RE2).", [
    "\\$\\{[^{}]+\\}",
    "\\{\\{[^{}]+\\}\\}",
    "(?-i)<[A-Z][A-Z0-9_]*>",
  ]),
};

/** Watched are the tools that a pattern of its `tools` matches: without one nothing is. */
export const GROUNDING_FIELDS = {
  tolerance: maximum(
    numberBetween(0, Number.MAX_VALUE),
    "How far a number may be from where it comes from.",
    { default: 1e-9 },
  ),
  max_repeats: maximum(count(), "Times the same numeric result may come in a row.", { default: 3 }),
};

/** All guards by their name, each with the level of `guards: default`. */
export const GUARD_FIELDS = {
  schema_strictness: guard("block", SCHEMA_STRICTNESS_FIELDS, "Arguments against the tool's JSON Schema."),
  sensitive_data: guard("block", SENSITIVE_DATA_FIELDS, "Secrets in arguments and outputs."),
  network_policy: guard("block", NETWORK_POLICY_FIELDS, "Where a call may connect to."),
  side_effect: guard("block", SIDE_EFFECT_FIELDS, "What tools may change.", {
    mode: {
      ...LEVEL_WORDS["mode"],
      ...Object.fromEntries(
        ["read_only", "write_allowed", "destructive_allowed"].map((word) => [
          word,
          { key: "execution_mode", value: word },
        ]),
      ),
    },
  }),
  concurrency: guard("block", CONCURRENCY_FIELDS, "Calls in flight."),
  timeout_budget: guard("block", TIMEOUT_BUDGET_FIELDS, "Time of a turn and of a plan."),
  output_size: guard("block", OUTPUT_SIZE_FIELDS, "Size of outputs."),
  retry_safety: guard("block", RETRY_SAFETY_FIELDS, "Repeated attempts."),
  provenance: guard("warn", PROVENANCE_FIELDS, "Where values come from."),
  plan_shape: guard("block", PLAN_SHAPE_FIELDS, "Length and width of plans."),
  saturation: guard("off", SATURATION_FIELDS, "Statistical tools that say nothing new."),
  tool_budget: guard("off", TOOL_BUDGET_FIELDS, "Calls of a session or a turn."),
  precondition: guard("off", PRECONDITION_FIELDS, "Conditions before and after a call."),
  unresolved_reference: guard("warn", UNRESOLVED_REFERENCE_FIELDS, "Placeholders that were never filled in."),
  grounding: guard("off", GROUNDING_FIELDS, "Numbers that come from nowhere."),
} as const;

export type GuardName = keyof typeof GUARD_FIELDS;
/** The effective keys of a guard: `GuardSettings<"output_size">`. */
export type GuardSettings<G extends GuardName> = EffectiveOf<(typeof GUARD_FIELDS)[G]>;

export const GUARDS = group(
  {
    ...GUARD_FIELDS,
    evaluate: free(
      words("first", "all"),
      "Whether a tool call is judged by all guards, or until one refuses.",
      { default: "first" },
    ),
  },
  "The guards of tool calls.",
  { named: { default: {} } },
);
