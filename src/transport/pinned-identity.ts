import { TollgateError } from "../domain/errors.ts";
import type { RequestedPrincipal } from "../domain/execution.ts";
import type { Principal as WirePrincipal } from "../gen/tollgate/enforcement/v1/request_pb.ts";

/** What the daemon fixes for everybody who comes through a door: a differing value is refused, an absent one filled in. */
export interface PinnedIdentity {
  readonly principal: RequestedPrincipal;
  readonly session?: string | undefined;
  readonly labels: { readonly [name: string]: string };
}

export const NOTHING_PINNED: PinnedIdentity = Object.freeze({
  principal: Object.freeze({}),
  labels: Object.freeze({}),
});

const LEVELS = [
  ["tenant", "tenant"],
  ["team", "team"],
  ["user", "user"],
  ["apiKeyId", "api_key_id"],
  ["agent", "agent"],
] as const;

export function isPinned(pinned: PinnedIdentity): boolean {
  return (
    LEVELS.some(([level]) => pinned.principal[level] !== undefined) || Object.keys(pinned.labels).length > 0
  );
}

/**
 * The principal that a request may claim; undefined when it says nothing and nothing is pinned.
 * @throws TollgateError PRINCIPAL_PINNED naming the field
 */
export function principalFromProto(
  asked: WirePrincipal | undefined,
  pinned: PinnedIdentity,
  path = "principal",
): RequestedPrincipal | undefined {
  const result: { -readonly [K in keyof RequestedPrincipal]: string } = {};
  let some = false;
  for (const [level, name] of LEVELS) {
    const fixed = pinned.principal[level];
    const wanted = asked?.[level];
    if (fixed !== undefined && wanted !== undefined && wanted !== fixed) throw pinnedError(`${path}.${name}`);
    const value = wanted ?? fixed;
    if (value === undefined) continue;
    result[level] = value;
    some = true;
  }
  return some ? result : undefined;
}

/** @throws TollgateError PRINCIPAL_PINNED */
export function sessionFromProto(asked: string | undefined, pinned: PinnedIdentity): string | undefined {
  if (pinned.session !== undefined && asked !== undefined && asked !== pinned.session)
    throw pinnedError("session_id");
  return asked ?? pinned.session;
}

/** @throws TollgateError PRINCIPAL_PINNED */
export function labelsFromProto(
  asked: { readonly [name: string]: string },
  pinned: PinnedIdentity,
): { readonly [name: string]: string } {
  for (const [name, value] of Object.entries(pinned.labels)) {
    if (Object.hasOwn(asked, name) && asked[name] !== value) throw pinnedError(`labels[${name}]`);
  }
  return { ...asked, ...pinned.labels };
}

function pinnedError(field: string): TollgateError {
  return new TollgateError("PRINCIPAL_PINNED", `${field}: the daemon pins another value`, {
    fields: [{ field, description: "leave it out, or send the pinned value" }],
  });
}
