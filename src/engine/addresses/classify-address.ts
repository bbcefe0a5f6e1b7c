// What an address reaches. Everything that is not plainly a public unicast address has a class of its own or is
// reserved; an address that carries another one inside is what that one is.
import ipaddr from "ipaddr.js";
import { findEmbeddedAddresses } from "./embedded-addresses.ts";
import { findAddressPrefix, type IpAddress, isInPrefix } from "./ip-address.ts";

export type AddressClass =
  | "public"
  | "loopback"
  | "unspecified"
  | "private"
  | "link_local"
  | "cgnat"
  | "multicast"
  | "broadcast"
  | "reserved";

const classOfRange: { readonly [range: string]: AddressClass } = {
  unicast: "public",
  loopback: "loopback",
  unspecified: "unspecified",
  private: "private",
  uniqueLocal: "private",
  deprecatedSiteLocal: "private",
  linkLocal: "link_local",
  carrierGradeNat: "cgnat",
  multicast: "multicast",
  broadcast: "broadcast",
};

/** Where clouds serve credentials and machine data: AWS, ECS and EKS, GCP, Azure, Alibaba, Oracle, Scaleway, Tencent. */
export const METADATA_ADDRESSES: readonly string[] = [
  "169.254.169.254",
  "169.254.169.253",
  "169.254.170.2",
  "169.254.170.23",
  "169.254.42.42",
  "169.254.0.23",
  "168.63.129.16",
  "100.100.100.200",
  "192.0.0.192",
  "fd00:ec2::254",
  "fd00:ec2::253",
  "fd00:ec2::23",
  "fd20:ce::254",
  "fd00:42::42",
  "fd00:c1::a9fe:a9fe",
  "fe80::a9fe:a9fe",
];

const metadataTexts: ReadonlySet<string> = new Set(METADATA_ADDRESSES);

/** Version 6 addresses that are given out to the public Internet (IANA). All others have a special purpose or none. */
const globalUnicast = findAddressPrefix("2000::/3") ?? { bytes: [], bits: 0 };

export interface AddressNature {
  /** Serves credentials or machine data in some cloud; its class says in which range it lies. */
  readonly isMetadata: boolean;
  readonly class: AddressClass;
}

/**
 * What an address is: its class, or the class of an address that it carries (mapped, compatible, translated, NAT64,
 * 6to4, Teredo, ISATAP) where that one is not public.
 */
export function classifyAddress(address: IpAddress): AddressNature {
  const embedded = findEmbeddedAddresses(address);
  for (const inner of embedded.addresses) {
    const nature = classifyAddress(inner);
    if (nature.isMetadata || nature.class !== "public") return nature;
  }
  if (metadataTexts.has(address.text)) return { isMetadata: true, class: classOf(address) };
  return { isMetadata: false, class: embedded.isTransparent ? "public" : classOf(address) };
}

function classOf(address: IpAddress): AddressClass {
  const range = classOfRange[ipaddr.fromByteArray([...address.bytes]).range()] ?? "reserved";
  if (range === "public" && address.version === 6 && !isInPrefix(address, globalUnicast)) return "reserved";
  return range;
}
