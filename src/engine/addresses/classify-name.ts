// What a name reaches, as far as the name alone says: names of the own machine, of metadata services and of inner
// networks, and public names made to answer with an address that they carry.
import { type AddressNature, classifyAddress } from "./classify-address.ts";
import { findIpAddress, ipAddressOf } from "./ip-address.ts";

export type NameClass = "public" | "localhost" | "metadata" | "internal";

/** All match by labels: the name itself or anything below it. */
const localhostNames: readonly string[] = [
  "localhost",
  "localhost.localdomain",
  "localhost4",
  "localhost6",
  "ip6-localhost",
  "ip6-loopback",
  // Public names whose answer is 127.0.0.1.
  "localtest.me",
  "lvh.me",
  "vcap.me",
  "lacolhost.com",
  "localh.st",
  "local.gd",
  "traefik.me",
];

const unmistakableLabels: ReadonlySet<string> = new Set([
  ...localhostNames.filter((known) => !known.includes(".")),
  "instance-data",
  "rancher-metadata",
]);

const METADATA_NAMES: readonly string[] = [
  "metadata.google.internal",
  "metadata.goog",
  "metadata",
  "instance-data",
  "instance-data.ec2.internal",
  "rancher-metadata",
  "metadata.tencentyun.com",
  "metadata.packet.net",
  "metadata.platformequinix.com",
  "metadata.nicob.net",
];

/** Suffixes that are never public: RFC 6762, RFC 8375, ICANN's reserved ones, and those of container platforms. */
const internalSuffixes: readonly string[] = [
  "internal",
  "local",
  "localdomain",
  "lan",
  "intranet",
  "corp",
  "home",
  "home.arpa",
  "private",
  "svc",
  "cluster.local",
  "kubernetes.default",
  "consul",
];

/** Anyone may choose both answers of these names, one after the other. */
const rebindingSuffixes: readonly string[] = ["1u.ms", "rbndr.us", "rebind.network", "rebind.it"];

/** Names below these answer with the address that their labels spell. */
const spellingSuffixes: readonly string[] = [
  "nip.io",
  "sslip.io",
  "xip.io",
  "xip.name",
  "ipq.co",
  "plex.direct",
  "omg.howdoi.website",
  "swdc.io",
];

/** `name` as `parseHost` gives it. */
export function classifyName(name: string): NameClass {
  if (isBelowAny(name, localhostNames)) return "localhost";
  if (isBelowAny(name, METADATA_NAMES)) return "metadata";
  if (!name.includes(".") || isBelowAny(name, internalSuffixes) || isBelowAny(name, rebindingSuffixes))
    return "internal";
  return classifySpelledAddress(name);
}

/** Whether `name` can hardly be anything but a host: it has several labels, or is one that no prose uses. */
export function isUnmistakableName(name: string): boolean {
  return name.includes(".") || unmistakableLabels.has(name);
}

/** Internal by its last labels alone, such as `db.corp.internal` and, unluckily, `user.home`. */
export function isPlainSuffixName(name: string): boolean {
  return isBelowAny(name, internalSuffixes);
}

/** Whether `name` is `suffix` or below it, by whole labels. */
export function isBelow(name: string, suffix: string): boolean {
  return name === suffix || name.endsWith(`.${suffix}`);
}

function isBelowAny(name: string, suffixes: readonly string[]): boolean {
  return suffixes.some((suffix) => isBelow(name, suffix));
}

function classifySpelledAddress(name: string): NameClass {
  const mayBeSpelled = isBelowAny(name, spellingSuffixes);
  let found: NameClass = "public";
  for (const nature of naturesIn(name, mayBeSpelled)) {
    if (nature.isMetadata) return "metadata";
    if (nature.class === "loopback" || nature.class === "unspecified") found = "localhost";
    else if (nature.class !== "public" && found === "public") found = "internal";
  }
  return found;
}

/** Dotted and dashed addresses in the labels, and within the spelling services also hexadecimal and version 6 ones. */
function naturesIn(name: string, mayBeSpelled: boolean): AddressNature[] {
  const natures: AddressNature[] = [];
  const dotted = mayBeSpelled
    ? /(?<!\d)(?=(\d{1,3}[.-]\d{1,3}[.-]\d{1,3}[.-]\d{1,3}))/g
    : /(?<![^.])(?=(\d{1,3}(?:\.\d{1,3}){3}|\d{1,3}(?:-\d{1,3}){3})(?![^.]))/g;
  for (const [, spelled = ""] of name.matchAll(dotted)) {
    const address = findIpAddress(spelled.replace(/-/g, ".").replace(/(?<=^|\.)0+(?=\d)/g, ""));
    if (address !== undefined) natures.push(classifyAddress(address));
  }
  if (!mayBeSpelled) return natures;
  for (const label of name.split(".")) {
    const hexadecimal = /(?:^|-)([0-9a-f]{8})$/.exec(label)?.[1];
    if (hexadecimal !== undefined) {
      const bytes = hexadecimal.match(/../g)?.map((byte) => Number.parseInt(byte, 16)) ?? [];
      natures.push(classifyAddress(ipAddressOf(bytes)));
    }
    const versionSix = label.includes("--") ? findIpAddress(label.replace(/-/g, ":")) : undefined;
    if (versionSix !== undefined) natures.push(classifyAddress(versionSix));
  }
  return natures;
}
