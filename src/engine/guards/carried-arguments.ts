import { isJsonObject, type JsonValue } from "../json/json-document.ts";

/** The argument in which an idempotency key may come. */
export const IDEMPOTENCY_ARGUMENT = "_idempotency_key";
/** The argument in which a capability token may come; it never reaches the tool. */
export const CAPABILITY_ARGUMENT = "_capability_token";

/** Arguments that carry something about the call and are no part of what it does: no schema has to name them. */
export const CARRIED_ARGUMENTS: readonly string[] = [IDEMPOTENCY_ARGUMENT, CAPABILITY_ARGUMENT];

/** The arguments without those of `names` that are there. */
export function withoutArguments(value: JsonValue, names: readonly string[]): JsonValue {
  if (!isJsonObject(value) || !names.some((name) => value[name] !== undefined)) return value;
  return Object.fromEntries(Object.entries(value).filter(([name]) => !names.includes(name)));
}
