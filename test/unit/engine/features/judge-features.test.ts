import { describe, expect, test } from "vitest";
import type { FeatureFacts } from "../../../../src/engine/features/judge-features.ts";
import { judgeFeatures } from "../../../../src/engine/features/judge-features.ts";
import { builtInSettings } from "../policy-fixture.ts";

const NOWHERE = { tier: "tenant", document: undefined, line: undefined, from: undefined } as const;

function told(settings: Partial<FeatureFacts["settings"]>, intent: FeatureFacts["intent"], isShadow = false) {
  return judgeFeatures({
    intent,
    settings: { ...builtInSettings().settings, ...settings },
    tenant: "acme",
    sourceOf: () => NOWHERE,
    isShadow,
  });
}

describe("judgeFeatures", () => {
  test.each<[string, Partial<FeatureFacts["settings"]>, FeatureFacts["intent"], string[]]>([
    ["any feature without settings", {}, { feature: "chat" }, []],
    ["a disabled feature", { disabled_features: ["chat"] }, { feature: "chat" }, ["FEATURE_DISABLED"]],
    ["another one", { disabled_features: ["chat"] }, { feature: "search" }, []],
    ["an enabled feature", { enabled_features: ["chat"] }, { feature: "chat" }, []],
    ["one beside those enabled", { enabled_features: ["chat"] }, { feature: "search" }, ["FEATURE_DISABLED"]],
    ["another model than preferred", { default_model_preferences: { chat: "a" } }, { model: "b" }, []],
    [
      "another model where preferences are enforced",
      { default_model_preferences: { chat: "a", enforce: true } },
      { model: "b" },
      ["MODEL_NOT_PREFERRED"],
    ],
    [
      "one of the enforced models",
      { default_model_preferences: { chat: ["a", "b"], enforce: true } },
      { model: "b" },
      [],
    ],
    ["an integration nobody speaks of", {}, { integration: "crm" }, []],
    [
      "an integration that is off",
      { integration_overrides: { crm: { enabled: false } } },
      { integration: "crm" },
      ["INTEGRATION_DISABLED"],
    ],
    [
      "an own integration that is off",
      { custom_integrations: { crm: false } },
      { integration: "crm" },
      ["INTEGRATION_DISABLED"],
    ],
    [
      "an own integration that is on",
      { custom_integrations: { crm: { url: "x" } } },
      { integration: "crm" },
      [],
    ],
    ["a name that every object has", { custom_integrations: {} }, { integration: "constructor" }, []],
  ])("%s", (_what, settings, intent, wanted) => {
    expect(told(settings, intent).map(({ reason }) => reason)).toEqual(wanted);
  });

  test("names the key, and refuses nothing while it is only tried out", () => {
    const [finding] = told({ disabled_features: ["chat"] }, { feature: "chat" }, true);
    expect(finding).toMatchObject({
      verdict: "BLOCK",
      message: "feature chat is disabled (tenant acme)",
      setting: "settings.disabled_features",
      shadow: true,
    });
  });
});
