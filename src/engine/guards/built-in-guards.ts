import type { Node } from "../../domain/policy/field.ts";
import { GUARDS } from "../../domain/policy/guard-fields.ts";
import type { GuardPolicy } from "./chain/resolve-guard-settings.ts";

let builtIn: GuardPolicy | undefined;

/** What holds of the guards where no document says anything. */
export function builtInGuards(): GuardPolicy {
  builtIn ??= defaultOf(GUARDS) as GuardPolicy;
  return builtIn;
}

function defaultOf(node: Node): unknown {
  if (node.node === "leaf") return node.default;
  if (node.node === "map") return Object.freeze({});
  if (node.node !== "group") return Object.freeze([]);
  const entries = Object.entries(node.fields).map(([key, field]) => [key, defaultOf(field)]);
  return Object.freeze(Object.fromEntries(entries.filter(([, value]) => value !== undefined)));
}
