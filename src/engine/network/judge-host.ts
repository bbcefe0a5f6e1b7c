import { classifyAddress } from "../addresses/classify-address.ts";
import { classifyName } from "../addresses/classify-name.ts";
import { findIpAddress, type IpAddress } from "../addresses/ip-address.ts";
import type { Host } from "../addresses/parse-host.ts";
import { listsAddress, listsName, type NetworkRules } from "./network-rules.ts";
import { type Refusal, refuse } from "./refusal.ts";

/** What the rules say of a host, apart from allow-lists: which machine it is, and whether it is blocked by name. */
export function judgeHost(rules: NetworkRules, host: Host): Refusal | undefined {
  if (host.kind === "malformed") return refuse("malformed");
  if (host.kind === "name")
    return (
      judgeName(rules, host.name) ??
      (listsName(rules.blocked, host.name) ? refuse("blocked_domain") : undefined)
    );
  const refusal = judgeAddress(rules, host.address);
  if (refusal !== undefined || host.otherAddress === undefined) return refusal;
  return judgeAddress(rules, host.otherAddress);
}

/** Refused when any of its natures is refused: an address in a private range can serve metadata as well. */
function judgeAddress(rules: NetworkRules, address: IpAddress): Refusal | undefined {
  const { settings } = rules;
  if (listsAddress(rules.blocked, address)) return refuse("blocked_domain");
  if (listsAddress(rules.metadata, address)) return refuse("metadata_listed");
  if (listsAddress(rules.localhost, address)) return refuse("localhost_listed");
  const nature = classifyAddress(address);
  if (nature.isMetadata && settings.block_metadata_ips) return refuse("metadata");
  switch (nature.class) {
    case "public":
      return undefined;
    case "loopback":
      return settings.block_localhost ? refuse("localhost") : undefined;
    case "unspecified":
      // Connecting to it reaches this host; as a network it is as little public as a private one.
      if (settings.block_localhost) return refuse("localhost");
      return settings.block_private_ips ? refuse("private") : undefined;
    case "private":
    case "link_local":
    case "cgnat":
      return settings.block_private_ips ? refuse("private") : undefined;
    case "multicast":
    case "broadcast":
    case "reserved":
      return settings.block_private_ips ? refuse("reserved") : undefined;
  }
}

function judgeName(rules: NetworkRules, name: string): Refusal | undefined {
  const { settings } = rules;
  if (listsName(rules.metadata, name)) return refuse("metadata_listed");
  if (listsName(rules.localhost, name)) return refuse("localhost_listed");
  switch (classifyName(name)) {
    case "public":
      return undefined;
    case "localhost":
      return settings.block_localhost ? refuse("localhost") : undefined;
    case "metadata":
      return settings.block_metadata_ips ? refuse("metadata") : undefined;
    case "internal":
      return settings.block_private_ips ? refuse("internal") : undefined;
  }
}

/** Judges the answers for a name: none is no answer, and one that is refused refuses all. */
export function judgeAnswers(
  rules: NetworkRules,
  answers: readonly string[] | undefined,
): Refusal | undefined {
  if (answers === undefined || answers.length === 0) return refuse("unresolved");
  for (const answer of answers) {
    const address = findIpAddress(answer);
    const refusal =
      address === undefined ? refuse("malformed") : judgeHost(rules, { kind: "address", address });
    if (refusal !== undefined) return refusal;
  }
  return undefined;
}
