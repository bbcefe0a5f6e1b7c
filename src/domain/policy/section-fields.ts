import { MAX_CUSTOM_COUNTERS, MAX_LABELS } from "../execution.ts";
import { EXECUTION_FIELDS } from "./execution-fields.ts";
import {
  allowList,
  bound,
  choice,
  denyList,
  type Effective,
  free,
  group,
  type Leaf,
  mapOf,
  maximum,
  minimum,
  mode,
  permission,
  platformOnly,
  preset,
} from "./field.ts";
import { GUARDS } from "./guard-fields.ts";
import { POOLS, QUOTAS, RATES } from "./quota-fields.ts";
import { ACCESS, RULES } from "./rule-fields.ts";
import {
  AMOUNT,
  duration,
  freeMap,
  GLOB,
  ID,
  listOf,
  numberBetween,
  TIME_ZONE,
  text,
  URL_TEXT,
  words,
} from "./shape.ts";

// The sections of a `Baseline` and a `Tenant` document (docs/policy.md).

export const PROFILES = ["conservative", "balanced", "aggressive", "custom"] as const;
export type Profile = (typeof PROFILES)[number];

const MISSING = words("block", "warn", "allow");

export const OPERATION_FIELDS = {
  allowed: allowList(listOf(GLOB), "Operations that may be done; without the key all.", {}),
  blocked: denyList(listOf(GLOB), "Operations that may not be done."),
  mutating: denyList(
    listOf(GLOB),
    "Operations that change something: they need the session's authorisation.",
  ),
  allow_changes: {
    ...permission("Whether sessions may authorise changes."),
    default: undefined,
    present: false,
  } as Leaf<boolean, false>,
  require_confirmation_above_risk: maximum(
    numberBetween(0, 1),
    "Risk above which an operation waits for a person.",
    {
      default: 0.5,
      ceiling: 0.5,
      unbounded: true,
    },
  ),
  missing: choice(MISSING, "What happens to a mutating operation that names no risk.", { default: "block" }),
  max_modifications_per_session: bound(
    {
      value: maximum(AMOUNT, "Mutating operations of a session within an hour.", {
        default: 10n,
        ceiling: 10n,
        unbounded: true,
      }),
      mode: mode("Whether the limit holds, or only says what it would have done."),
      on_exceed: choice(words("halt", "pause", "block"), "What reported usage that crosses the limit does.", {
        default: "block",
      }),
    },
    "Mutating operations of a session within an hour.",
  ),
};

export const ATTRIBUTE_FIELDS = {
  min: minimum(numberBetween(-Number.MAX_VALUE, Number.MAX_VALUE), "The least value.", {}),
  max: maximum(numberBetween(-Number.MAX_VALUE, Number.MAX_VALUE), "The largest value.", { unbounded: true }),
  max_abs: maximum(numberBetween(0, Number.MAX_VALUE), "The largest distance from 0.", { unbounded: true }),
  on_exceed: choice(
    words("block", "pause"),
    "Whether a value out of bounds refuses, or waits for a person.",
    { default: "block" },
  ),
  missing: choice(MISSING, "What happens to a mutating operation that leaves it out.", { default: "block" }),
};

/** Attributes that are bound. */
const MAX_ATTRIBUTES = 32;

export const APPROVAL_FIELDS = {
  timeout: maximum(duration(1_000, 30 * 86_400_000), "How long a person has to answer.", {
    default: 3_600_000,
  }),
  on_timeout: choice(words("halt", "reject"), "What an unanswered pause of the execution does.", {
    default: "halt",
  }),
  groups: allowList(
    listOf(ID),
    "Groups whose members may answer; without the key any approver of the tenant.",
    {},
  ),
};

/** Bytes of a free part of the settings; all of them together have 64 KiB. */
const SETTING_BYTES = 65_536;
const NAMES = listOf(text(128));
const colour = (word: string) => free(text(32), "A colour, as #1f2937.", { default: word });
const part = (description: string) => free(freeMap(SETTING_BYTES), description, {});
const names = (description: string) => free(NAMES, description, {});

export const SETTING_FIELDS = {
  brand_name: free(text(256), "Shown instead of the product's name.", { default: "" }),
  brand_logo_url: free(URL_TEXT, "Where the logo is.", {}),
  primary_color: colour("#1f2937"),
  secondary_color: colour("#3b82f6"),
  custom_css: free(text(SETTING_BYTES), "Style sheet; stored, never rendered here.", {}),
  enabled_features: names("Features that are on."),
  disabled_features: names("Features that are off: asking for one is a finding."),
  default_model_preferences: part("Models by purpose; `enforce: true` makes others a finding."),
  default_agent_settings: part("Settings of agents."),
  custom_prompt_templates: part("Prompt templates, by name."),
  system_prompts: part("System prompts, by name."),
  custom_workflows: part("Workflows, by name."),
  workflow_overrides: part("What differs in workflows, by name."),
  custom_integrations: part("Integrations, by name."),
  integration_overrides: part(
    "What differs in integrations, by name; `enabled: false` makes its use a finding.",
  ),
  notification_channels: names("Channels among those the platform defined."),
  notification_settings: part("What is sent where."),
};

/** Everything that both documents may hold. */
export const SECTION_FIELDS = {
  mode: mode("The default for everything in the document."),
  profile: preset(words(...PROFILES), "Values that a tenant starts from.", "balanced"),
  long_running: preset(
    words("standard", "extended", "unlimited", "disabled"),
    "Limits of long-running executions.",
    "standard",
  ),
  execution: group(EXECUTION_FIELDS, "Limits of one execution."),
  custom_counters: denyList(listOf(ID, MAX_CUSTOM_COUNTERS), "Custom counters that may be reported."),
  required_labels: denyList(listOf(ID, MAX_LABELS), "Labels that an execution must have."),
  missing_label: choice(words("block", "strictest"), "What happens to a request without a required label.", {
    default: "block",
  }),
  time_zone: free(TIME_ZONE, "Time zone of calendar windows.", { default: "UTC" }),
  quotas: QUOTAS,
  pools: POOLS,
  rates: RATES,
  operations: group(OPERATION_FIELDS, "What may be done, and what needs a person."),
  attributes: mapOf(
    "id",
    group(ATTRIBUTE_FIELDS, "Bounds of one attribute."),
    "Numeric bounds of what an operation would do.",
    {
      maxNames: MAX_ATTRIBUTES,
    },
  ),
  rules: RULES,
  access: ACCESS,
  guards: GUARDS,
  approvals: group(APPROVAL_FIELDS, "How people answer."),
  expose: choice(words("reduced", "full"), "How much of the policy agents see.", { default: "reduced" }),
  unknown_tenant: platformOnly(
    words("block", "baseline"),
    "What happens to a tenant without a document.",
    "baseline",
  ),
  settings: group(SETTING_FIELDS, "The tenant's own settings."),
};

export type SectionName = keyof typeof SECTION_FIELDS;
/** Every effective value of a policy. */
export type PolicySettings = Effective<typeof SECTION_FIELDS>;

/** Sections of a Tenant document alone. */
export const TENANT_SECTIONS: readonly SectionName[] = ["settings"];
/** Sections that an override may set. */
export const OVERRIDE_SECTIONS = [
  "profile",
  "long_running",
  "execution",
  "quotas",
  "rates",
  "operations",
  "attributes",
  "rules",
  "access",
  "guards",
  "approvals",
] as const satisfies readonly SectionName[];
