import type { Finding } from "../../domain/decision.ts";
import type { Intent } from "../../domain/intent.ts";
import type { PolicySettings } from "../../domain/policy/section-fields.ts";
import { decidingKey } from "../operations/operation-facts.ts";
import type { FindSource } from "../operations/operation-settings.ts";

// What a tenant's own settings say of a request: features that are off, models outside the preferences it enforces,
// integrations it has switched off. All else in the settings is kept for others.

export interface FeatureFacts {
  readonly intent: Pick<Intent, "feature" | "integration" | "model">;
  readonly settings: PolicySettings["settings"];
  readonly tenant: string;
  readonly sourceOf: FindSource;
  readonly isShadow: boolean;
}

/** The models that a tenant prefers; undefined where it does not insist on them. */
export function preferredModels({
  default_model_preferences: preferences,
}: FeatureFacts["settings"]): readonly string[] | undefined {
  if (preferences?.["enforce"] !== true) return undefined;
  return Object.values(preferences).flatMap(textsOf);
}

function textsOf(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(textsOf);
  return typeof value === "string" ? [value] : [];
}

export function judgeFeatures(facts: FeatureFacts): Finding[] {
  const { feature, integration, model } = facts.intent;
  const found = [
    ...(feature === undefined ? [] : judgeFeature(facts, feature)),
    ...(model === undefined ? [] : judgeModel(facts, model)),
    ...(integration === undefined ? [] : judgeIntegration(facts, integration)),
  ];
  return facts.isShadow ? found.map((finding) => ({ ...finding, shadow: true })) : found;
}

function judgeFeature(facts: FeatureFacts, feature: string): Finding[] {
  const { enabled_features: enabled, disabled_features: disabled } = facts.settings;
  if (disabled?.includes(feature) === true)
    return [refusal(facts, "FEATURE_DISABLED", "disabled_features", `feature ${feature} is disabled`)];
  if (enabled === undefined || enabled.includes(feature)) return [];
  return [refusal(facts, "FEATURE_DISABLED", "enabled_features", `feature ${feature} is not enabled`)];
}

function judgeModel(facts: FeatureFacts, model: string): Finding[] {
  const models = preferredModels(facts.settings);
  if (models === undefined || models.includes(model)) return [];
  const message = `model ${model} is not among the preferred ones, which are enforced`;
  return [refusal(facts, "MODEL_NOT_PREFERRED", "default_model_preferences", message)];
}

function judgeIntegration(facts: FeatureFacts, integration: string): Finding[] {
  const { custom_integrations: own, integration_overrides: overrides } = facts.settings;
  const message = `integration ${integration} is disabled`;
  if (isOff(overrides, integration))
    return [refusal(facts, "INTEGRATION_DISABLED", "integration_overrides", message)];
  if (!isOff(own, integration)) return [];
  return [refusal(facts, "INTEGRATION_DISABLED", "custom_integrations", message)];
}

/** `{name: {enabled: false}}`, or shorter `{name: false}`. */
function isOff(map: { readonly [name: string]: unknown } | undefined, name: string): boolean {
  const entry = map !== undefined && Object.hasOwn(map, name) ? map[name] : undefined;
  if (entry === false) return true;
  return typeof entry === "object" && entry !== null && "enabled" in entry && entry.enabled === false;
}

function refusal(facts: FeatureFacts, reason: Finding["reason"], key: string, message: string): Finding {
  const { text, fields } = decidingKey(facts, ["settings", key]);
  return { verdict: "BLOCK", kind: "OPERATION", reason, message: `${message}${text}`, ...fields };
}
