import ipaddr from "ipaddr.js";

/** One address of version 4 or 6, whatever way it was written. */
export interface IpAddress {
  readonly version: 4 | 6;
  /** 4 or 16, the most significant first. */
  readonly bytes: readonly number[];
  /** The canonical spelling (RFC 5952 for version 6). */
  readonly text: string;
}

/** Addresses that share their first `bits`. */
export interface AddressPrefix {
  readonly bytes: readonly number[];
  readonly bits: number;
}

const fourDecimals = /^(?:(?:0|[1-9]\d{0,2})\.){3}(?:0|[1-9]\d{0,2})$/;

/**
 * Reads an address in its standard notation: four decimal numbers, or version 6 with or without brackets and zone id.
 * Undefined for everything else; other spellings (octal, short, full-width …) are what `parseHost` folds first.
 */
export function findIpAddress(text: string): IpAddress | undefined {
  const bare = text.startsWith("[") && text.endsWith("]") ? text.slice(1, -1) : text;
  if (!bare.includes(":")) {
    if (!fourDecimals.test(bare)) return undefined;
    const bytes = bare.split(".").map(Number);
    return bytes.every((byte) => byte <= 255) ? { version: 4, bytes, text: bare } : undefined;
  }
  // A zone id names an interface of the machine that connects: it never changes which address it is.
  const zone = bare.indexOf("%");
  const address = zone === -1 ? bare : bare.slice(0, zone);
  if (!ipaddr.IPv6.isValid(address)) return undefined;
  return ipAddressOf(ipaddr.IPv6.parse(address).toByteArray());
}

/** The address with these 4 or 16 bytes. */
export function ipAddressOf(bytes: readonly number[]): IpAddress {
  if (bytes.length === 4) return { version: 4, bytes, text: bytes.join(".") };
  const text = (ipaddr.fromByteArray([...bytes]) as ipaddr.IPv6).toRFC5952String();
  return { version: 6, bytes, text };
}

/** Reads `10.0.0.0/8`, `fd00::/8` or a single address. Undefined when it is neither, or has bits behind the prefix. */
export function findAddressPrefix(text: string): AddressPrefix | undefined {
  const slash = text.indexOf("/");
  const address = findIpAddress(slash === -1 ? text : text.slice(0, slash));
  if (address === undefined) return undefined;
  const all = address.bytes.length * 8;
  if (slash === -1) return { bytes: address.bytes, bits: all };
  const length = text.slice(slash + 1);
  if (!/^(?:0|[1-9]\d{0,2})$/.test(length) || Number(length) > all) return undefined;
  const prefix = { bytes: address.bytes, bits: Number(length) };
  return hasBitsBehind(prefix) ? undefined : prefix;
}

export function isInPrefix(address: IpAddress, prefix: AddressPrefix): boolean {
  if (address.bytes.length !== prefix.bytes.length) return false;
  const whole = prefix.bits >> 3;
  for (let index = 0; index < whole; index += 1)
    if (address.bytes[index] !== prefix.bytes[index]) return false;
  const mask = maskOf(prefix.bits & 7);
  return (((address.bytes[whole] ?? 0) ^ (prefix.bytes[whole] ?? 0)) & mask) === 0;
}

function hasBitsBehind({ bytes, bits }: AddressPrefix): boolean {
  const whole = bits >> 3;
  return bytes.some(
    (byte, index) => index >= whole && (byte & (index === whole ? ~maskOf(bits & 7) : 0xff)) !== 0,
  );
}

function maskOf(bits: number): number {
  return (0xff << (8 - bits)) & 0xff;
}
