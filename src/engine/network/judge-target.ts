import type { Host } from "../addresses/parse-host.ts";
import { judgeAnswers, judgeHost } from "./judge-host.ts";
import { listsAddress, listsName, type NetworkRules } from "./network-rules.ts";
import type { ReadTarget } from "./network-target.ts";
import { type Refusal, refuse } from "./refusal.ts";

/**
 * Schemes that read the machine itself, run code, or carry any bytes into other protocols. Refused where no policy lists
 * the schemes that may be used.
 */
const DANGEROUS_SCHEMES: ReadonlySet<string> = new Set(
  (
    "about blob chrome chrome-extension dict expect file filesystem finger glob gopher http+unix https+unix jar javascript " +
    "ldap ldapi ldaps local_file local-file mailbox ms-settings netdoc ogg phar php rar resource sftp smb telnet tftp " +
    "unix url vbscript view-source zip"
  ).split(" "),
);

const clearText: ReadonlySet<string> = new Set(["http", "ws", "ftp"]);

/** Addresses by name, as resolved for this call. */
export type Answers = ReadonlyMap<string, readonly string[]>;

/**
 * What the rules say of a target. `answers` is read only where names are resolved; a name without an answer is refused.
 * The order of the checks is what a reader wants to hear first: which machine, then how, then whether it is listed.
 */
export function judgeTarget(
  rules: NetworkRules,
  target: ReadTarget,
  answers: Answers | undefined,
): Refusal | undefined {
  return judgeSpelling(rules, target) ?? judgeResolved(rules, target, answers);
}

/** Everything that needs no answer of a resolver. */
export function judgeSpelling(rules: NetworkRules, target: ReadTarget): Refusal | undefined {
  const { host, scheme, port } = target;
  if (host !== undefined) {
    const refusal = judgeHost(rules, host) ?? judgeAny(rules, target.otherHosts);
    if (refusal !== undefined) return refusal;
  }
  if (target.hasUserinfo) return refuse("userinfo");
  if (scheme !== undefined) {
    const isRefused =
      rules.schemes === undefined ? DANGEROUS_SCHEMES.has(scheme) : !rules.schemes.has(scheme);
    if (isRefused) return refuse("scheme");
    if (rules.settings.require_https && clearText.has(scheme)) return refuse("https");
  }
  if (host === undefined) return undefined;
  if (port !== undefined && rules.ports !== undefined && !rules.ports.has(port)) return refuse("port");
  if (rules.allowed !== undefined && !isListed(rules, host)) return refuse("domain");
  return rules.settings.air_gapped && rules.allowed === undefined ? refuse("air_gapped") : undefined;
}

/** The name that must be resolved before `target` is judged; undefined for addresses and where nothing is resolved. */
export function nameToResolve(rules: NetworkRules, target: ReadTarget): string | undefined {
  return rules.settings.resolve_dns && target.host?.kind === "name" ? target.host.name : undefined;
}

function judgeResolved(
  rules: NetworkRules,
  target: ReadTarget,
  answers: Answers | undefined,
): Refusal | undefined {
  const name = nameToResolve(rules, target);
  return name === undefined ? undefined : judgeAnswers(rules, answers?.get(name));
}

function judgeAny(rules: NetworkRules, hosts: readonly Host[]): Refusal | undefined {
  for (const host of hosts) {
    const refusal = judgeHost(rules, host);
    if (refusal !== undefined) return refusal;
  }
  return undefined;
}

function isListed(rules: NetworkRules, host: Host): boolean {
  if (rules.allowed === undefined || host.kind === "malformed") return false;
  return host.kind === "name"
    ? listsName(rules.allowed, host.name)
    : listsAddress(rules.allowed, host.address);
}

export function isDangerousScheme(scheme: string): boolean {
  return DANGEROUS_SCHEMES.has(scheme);
}
