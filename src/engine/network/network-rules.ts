import type { GuardSettings } from "../../domain/policy/guard-fields.ts";
import { isBelow } from "../addresses/classify-name.ts";
import {
  type AddressPrefix,
  findAddressPrefix,
  type IpAddress,
  isInPrefix,
} from "../addresses/ip-address.ts";
import { parseHost } from "../addresses/parse-host.ts";
import { compileGlobs, findGlob, type GlobSet } from "../globs/glob.ts";
import { createMemo } from "../memos/memo.ts";
import { ALL_OF } from "../policy/cover.ts";

/** The keys of `network_policy`, without those that say what becomes of a finding. */
export type NetworkSettings = Omit<
  GuardSettings<"network_policy">,
  "level" | "mode" | "tools" | "namespaces"
>;

/** Hosts of a list: names with what is below them, globs of names, addresses and networks. */
export interface HostList {
  readonly names: readonly string[];
  readonly globs: GlobSet;
  readonly prefixes: readonly AddressPrefix[];
  /** Terms of which every part must list the host: where two tiers allow what overlaps. */
  readonly terms: readonly (readonly HostList[])[];
}

/** Settings in the form that is asked. */
export interface NetworkRules {
  readonly settings: NetworkSettings;
  readonly allowed: HostList | undefined;
  readonly blocked: HostList;
  readonly metadata: HostList;
  readonly localhost: HostList;
  readonly schemes: ReadonlySet<string> | undefined;
  readonly ports: ReadonlySet<number> | undefined;
  readonly argumentNames: GlobSet;
}

const compiled = createMemo<NetworkSettings, NetworkRules>();

/** Compiled once per value: effective settings are shared by all calls under one policy. */
export function networkRulesOf(settings: NetworkSettings): NetworkRules {
  const known = compiled.get(settings);
  if (known !== undefined) return known;
  const rules: NetworkRules = {
    settings,
    allowed: settings.allowed_domains === undefined ? undefined : hostListOf(settings.allowed_domains),
    blocked: hostListOf(settings.blocked_domains),
    metadata: hostListOf(settings.metadata_ips),
    localhost: hostListOf(settings.localhost_patterns),
    schemes:
      settings.schemes === undefined
        ? undefined
        : new Set(settings.schemes.map((scheme) => scheme.toLowerCase().replace(/:(?:\/\/)?$/, ""))),
    ports: settings.ports === undefined ? undefined : new Set(settings.ports),
    argumentNames: compileGlobs(settings.url_argument_names.map((name) => name.toLowerCase())),
  };
  compiled.set(settings, rules);
  return rules;
}

/** `example.com` is the name and all below it, `*.example.com` only what is below; addresses stand alone or as CIDR. */
export function hostListOf(entries: readonly string[]): HostList {
  const names: string[] = [];
  const globs: string[] = [];
  const prefixes: AddressPrefix[] = [];
  const terms: HostList[][] = [];
  for (const entry of entries) {
    if (entry.includes(ALL_OF)) {
      terms.push(entry.split(ALL_OF).map((part) => hostListOf([part])));
      continue;
    }
    const prefix = findAddressPrefix(entry);
    if (prefix !== undefined) prefixes.push(prefix);
    else if (entry.includes("*")) globs.push(...globsOf(entry.toLowerCase()));
    else {
      const host = parseHost(entry.replace(/^\.+/, ""));
      if (host.kind === "name") names.push(host.name);
      else if (host.kind === "address")
        prefixes.push({ bytes: host.address.bytes, bits: host.address.bytes.length * 8 });
    }
  }
  return { names, globs: compileGlobs(globs), prefixes, terms };
}

/** Whether an entry can list any host at all: one with a scheme, a port or a path lists none. */
export function isHostEntry(entry: string): boolean {
  if (entry.includes("*")) return !/[\s/@?#\\]|\..*:/.test(entry);
  const { names, prefixes } = hostListOf([entry]);
  return names.length + prefixes.length > 0;
}

/** A `*` at the start of a domain stands for one label or many. */
function globsOf(pattern: string): string[] {
  return pattern.startsWith("*.") ? [`**.*${pattern.slice(1)}`] : [pattern];
}

export function listsName(list: HostList, name: string): boolean {
  return (
    list.names.some((entry) => isBelow(name, entry)) ||
    findGlob(list.globs, name) !== undefined ||
    list.terms.some((parts) => parts.every((part) => listsName(part, name)))
  );
}

export function listsAddress(list: HostList, address: IpAddress): boolean {
  return (
    list.prefixes.some((prefix) => isInPrefix(address, prefix)) ||
    findGlob(list.globs, address.text) !== undefined ||
    list.terms.some((parts) => parts.every((part) => listsAddress(part, address)))
  );
}
