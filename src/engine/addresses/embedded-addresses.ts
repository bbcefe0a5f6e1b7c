// Version 4 addresses inside version 6 ones. A machine or a gateway that meets such an address connects to the inner one.
import { type IpAddress, ipAddressOf } from "./ip-address.ts";

export interface EmbeddedAddresses {
  readonly addresses: readonly IpAddress[];
  /** The outer address is no more than a spelling of the inner one, so a public one inside makes it public. */
  readonly isTransparent: boolean;
}

interface Form {
  /** The first bytes of the outer address. */
  readonly prefix: readonly number[];
  /** Where the version 4 address starts in it. */
  readonly offset: number;
  readonly isTransparent: boolean;
}

const zeros = (count: number): number[] => Array.from({ length: count }, () => 0);

const forms: readonly Form[] = [
  // Mapped, ::ffff:0:0/96 (RFC 4291), and translated, ::ffff:0:0:0/96 (RFC 2765).
  { prefix: [...zeros(10), 0xff, 0xff], offset: 12, isTransparent: true },
  { prefix: [...zeros(8), 0xff, 0xff, 0, 0], offset: 12, isTransparent: true },
  // NAT64, 64:ff9b::/96 (RFC 6052): what a DNS64 answers for a public name.
  { prefix: [0, 0x64, 0xff, 0x9b, ...zeros(8)], offset: 12, isTransparent: true },
  // 6to4, 2002::/16 (RFC 3056).
  { prefix: [0x20, 0x02], offset: 2, isTransparent: false },
  // Compatible, ::/96 (RFC 4291, deprecated).
  { prefix: zeros(12), offset: 12, isTransparent: false },
];

const none: EmbeddedAddresses = { addresses: [], isTransparent: false };

export function findEmbeddedAddresses(address: IpAddress): EmbeddedAddresses {
  const { bytes } = address;
  if (address.version === 4 || isOwnSpecial(bytes)) return none;
  const form = forms.find(({ prefix }) => startsWith(bytes, prefix));
  if (form !== undefined) {
    const inner = ipAddressOf(bytes.slice(form.offset, form.offset + 4));
    return { addresses: [inner], isTransparent: form.isTransparent };
  }
  // Teredo, 2001::/32 (RFC 4380): the server, and the client with every bit turned over.
  if (startsWith(bytes, [0x20, 0x01, 0, 0])) {
    const client = bytes.slice(12).map((byte) => byte ^ 0xff);
    return { addresses: [ipAddressOf(client), ipAddressOf(bytes.slice(4, 8))], isTransparent: false };
  }
  // ISATAP (RFC 5214): an interface id of 0:5efe or 200:5efe, in any network.
  const isIsatap =
    ((bytes[8] ?? 0) & 0xfd) === 0 && bytes[9] === 0 && bytes[10] === 0x5e && bytes[11] === 0xfe;
  return isIsatap ? { addresses: [ipAddressOf(bytes.slice(12))], isTransparent: false } : none;
}

/** `::` and `::1` lie in the compatible range and are addresses of their own. */
function isOwnSpecial(bytes: readonly number[]): boolean {
  return bytes.every((byte, index) => (index === 15 ? byte <= 1 : byte === 0));
}

function startsWith(bytes: readonly number[], prefix: readonly number[]): boolean {
  return prefix.every((byte, index) => bytes[index] === byte);
}
