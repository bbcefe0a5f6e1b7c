import type { PolicyPath } from "../../domain/policy/document.ts";
import type { PolicySettings } from "../../domain/policy/section-fields.ts";
import type { PolicySource } from "../policy/policy-source.ts";

// What policies say about operations, as effective values.

export type OperationSettings = Pick<
  PolicySettings["operations"],
  "allowed" | "blocked" | "mutating" | "allow_changes" | "require_confirmation_above_risk" | "missing"
>;
export type AttributeSettings = PolicySettings["attributes"];
export type AttributeBounds = AttributeSettings[string];

/** Which tier, document and override decided a value: what findings name. */
export type ValueSource = Pick<PolicySource, "tier" | "document" | "line" | "from">;
export type FindSource = (path: PolicyPath) => ValueSource;
