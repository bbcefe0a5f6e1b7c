import type { ReasonCode } from "../../domain/reasons.ts";

/** Why a target is refused. Texts name no part of the target: arguments of tools are never logged or stored. */
export interface Refusal {
  readonly reason: ReasonCode;
  readonly text: string;
  /** The key that would change it. */
  readonly setting: string;
}

const REFUSALS = {
  localhost: { reason: "NETWORK_LOCALHOST", text: "Localhost access blocked", setting: "block_localhost" },
  localhost_listed: {
    reason: "NETWORK_LOCALHOST",
    text: "Localhost access blocked",
    setting: "localhost_patterns",
  },
  metadata: {
    reason: "NETWORK_METADATA",
    text: "Metadata service access blocked",
    setting: "block_metadata_ips",
  },
  metadata_listed: {
    reason: "NETWORK_METADATA",
    text: "Metadata service access blocked",
    setting: "metadata_ips",
  },
  private: { reason: "NETWORK_PRIVATE", text: "Private IP access blocked", setting: "block_private_ips" },
  internal: { reason: "NETWORK_PRIVATE", text: "Internal name access blocked", setting: "block_private_ips" },
  reserved: { reason: "NETWORK_PRIVATE", text: "Reserved IP access blocked", setting: "block_private_ips" },
  blocked_domain: { reason: "NETWORK_DOMAIN", text: "Domain is blocked", setting: "blocked_domains" },
  domain: { reason: "NETWORK_DOMAIN", text: "Domain is not allowed", setting: "allowed_domains" },
  air_gapped: {
    reason: "NETWORK_DOMAIN",
    text: "Network access blocked: only allowed domains in air-gapped mode",
    setting: "air_gapped",
  },
  scheme: { reason: "NETWORK_SCHEME", text: "Scheme is not allowed", setting: "schemes" },
  https: { reason: "NETWORK_SCHEME", text: "HTTPS is required", setting: "require_https" },
  malformed: { reason: "NETWORK_ADDRESS", text: "Address cannot be read", setting: "network_policy" },
  userinfo: { reason: "NETWORK_ADDRESS", text: "User in URL is not allowed", setting: "network_policy" },
  port: { reason: "NETWORK_ADDRESS", text: "Port is not allowed", setting: "ports" },
  unresolved: { reason: "DNS_UNAVAILABLE", text: "Name could not be resolved", setting: "resolve_dns" },
} as const satisfies { readonly [kind: string]: Refusal };

export type RefusalKind = keyof typeof REFUSALS;

export function refuse(kind: RefusalKind): Refusal {
  return REFUSALS[kind];
}
