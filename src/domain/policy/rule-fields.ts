import {
  choice,
  type Effective,
  everyTier,
  fixed,
  group,
  listById,
  maximum,
  mode,
  requirement,
  severity,
} from "./field.ts";
import {
  CEL,
  CIDR,
  count,
  duration,
  FLAG,
  freeMap,
  GLOB,
  ID,
  listOf,
  numberBetween,
  PRINCIPAL,
  RE2,
  TIME_OF_DAY,
  TIME_ZONE,
  text,
  words,
} from "./shape.ts";

// Keys of the sections `rules` and `access` (docs/policy.md).

/** Bytes of a rule's `config`. */
const CONFIG_MAX_BYTES = 16_384;
const MAX_RULES = 1_000;
/** Access rules of one tier; a decision over ten thousand costs little more than over ten. */
const MAX_ACCESS_RULES = 10_000;
/** Firings that are remembered to the instant, so that `throttle_after` is exact. */
export const MAX_THROTTLE_AFTER = 1_000;
/** Characters of a name or a description. */
const MAX_TEXT = 1_024;

export const RULE_TYPES = ["content", "security", "prompt", "cost", "quota", "policy"] as const;
export type RuleType = (typeof RULE_TYPES)[number];
export const RULE_ACTIONS = ["block", "escalate", "throttle", "warn", "audit"] as const;
export type RuleAction = (typeof RULE_ACTIONS)[number];
export const RULE_COUNTERS = ["requests", "tokens", "cost_usd", "violations", "refusals"] as const;

export type RuleCounter = (typeof RULE_COUNTERS)[number];

const GLOBS = listOf(GLOB);

/** Where a rule looks: what is left out does not restrict it. */
const RULE_SCOPE_FIELDS = {
  direction: fixed(words("input", "output", "both"), "Which texts are looked at.", {}),
  tools: fixed(GLOBS, "Tools it is for.", {}),
  models: fixed(GLOBS, "Models it is for.", {}),
  routes: fixed(GLOBS, "Routes it is for.", {}),
  labels: fixed(freeMap(4_096), "Labels it is for, as `match` of an override.", {}),
};

/** `action`, `severity`, `threshold`, `throttle_after`, `enabled` and `mode` may be restated by a later tier; all else stays. */
export const RULE_FIELDS = {
  id: fixed(ID, "Name of the rule.", { default: "" }),
  name: fixed(text(MAX_TEXT), "What people call it; at least 3 characters.", {}),
  description: fixed(text(MAX_TEXT), "What it is for.", {}),
  type: fixed(words(...RULE_TYPES), "What it looks at.", {}),
  pattern: fixed(RE2, "What a text must match (RE2).", {}),
  expression: fixed(CEL, "What must be true of the request (CEL).", {}),
  counter: fixed(words(...RULE_COUNTERS), "What a `quota` rule counts.", {}),
  action: choice(words(...RULE_ACTIONS), "What happens when it fires.", {}),
  severity: severity("How grave it is."),
  threshold: maximum(numberBetween(0, Number.MAX_SAFE_INTEGER), "Above which it fires.", { unbounded: true }),
  throttle_after: maximum(
    count(1, MAX_THROTTLE_AFTER),
    "Firings within `time_window` from which it refuses.",
    {
      default: 5,
    },
  ),
  time_window: fixed(duration(1_000), "The sliding window of what it counts.", {}),
  enabled: requirement("Whether it is on.", { default: true }),
  mode: mode("Whether it decides, only says what it would have done, or is off."),
  scope: group(RULE_SCOPE_FIELDS, "Where it looks."),
  locales: fixed(listOf(text(35), 64), "Languages it covers.", {}),
  config: fixed(freeMap(CONFIG_MAX_BYTES), "Handed back with the finding.", {}),
};

export const RULES = listById(RULE_FIELDS, MAX_RULES, "Statements about content, cost and use.");
export type RuleSettings = Effective<typeof RULE_FIELDS>;

const ACCESS_RULE_FIELDS = {
  id: fixed(ID, "Name of the rule.", { default: "" }),
  description: fixed(text(MAX_TEXT), "What it is for.", {}),
  effect: fixed(words("deny", "allow"), "What it does; a deny overrides every allow.", {}),
  principals: fixed(listOf(PRINCIPAL), "Who asks, as `user:*`.", {}),
  scopes: fixed(listOf(text(128)), "Scopes that the caller must have.", {}),
  scopes_match: fixed(words("all", "any"), "Whether all of `scopes` are needed, or one.", { default: "all" }),
  routes: fixed(GLOBS, "Routes, with wildcards by segment.", {}),
  operations: fixed(GLOBS, "Operations.", {}),
  tools: fixed(GLOBS, "Tools.", {}),
  models: fixed(GLOBS, "Models.", {}),
  ip: fixed(listOf(CIDR), "Where it is asked from.", {}),
  time: group(
    {
      days: fixed(
        listOf(words("mon", "tue", "wed", "thu", "fri", "sat", "sun"), 7),
        "Days of the week; without the key all.",
        {},
      ),
      from: fixed(TIME_OF_DAY, "First minute of the day, as 08:00.", {}),
      to: fixed(
        TIME_OF_DAY,
        "First minute after the window, as 18:00; before `from` it is on the next day.",
        {},
      ),
      time_zone: fixed(TIME_ZONE, "Time zone of days and minutes.", { default: "UTC" }),
    },
    "When it holds.",
  ),
  when: fixed(CEL, "What must be true of the request (CEL).", {}),
  obligations: group(
    {
      max_tokens: fixed(count(), "Most tokens of this intent.", {}),
      redact: fixed(FLAG, "Whether it runs the repair of the secrets guard.", { default: false }),
      log: fixed(FLAG, "Whether it records the decision unsampled.", { default: false }),
      notify: fixed(FLAG, "Whether it sends an event.", { default: false }),
    },
    "What comes back with an allow, and is carried out.",
  ),
};

export const ACCESS_FIELDS = {
  default: choice(words("deny", "allow"), "What holds where no rule matches.", { default: "allow" }),
  rules: listById(ACCESS_RULE_FIELDS, MAX_ACCESS_RULES, "Who may do what."),
};

export const ACCESS = everyTier(
  ACCESS_FIELDS,
  "Who may do what; each tier decides by itself, and every tier must allow.",
);
export type AccessSettings = Effective<typeof ACCESS_FIELDS>;
