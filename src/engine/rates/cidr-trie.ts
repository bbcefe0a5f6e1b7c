import ipaddr from "ipaddr.js";

// Address ranges by longest prefix: a binary trie, one for each family of addresses. A look-up costs as many steps as an
// address has bits, whatever the number of ranges. IPv4 written as IPv6 (`::ffff:203.0.113.7`) is IPv4.

const NONE = -1;

/** @throws nothing: undefined when the text is no address. Octal and short forms of IPv4 are none. */
export function parseAddress(text: string): Uint8Array | undefined {
  if (!isWritten(text)) return undefined;
  return Uint8Array.from(ipaddr.process(text).toByteArray());
}

export interface Range {
  readonly bytes: Uint8Array;
  readonly bits: number;
}

/** `203.0.113.0/24`, `2001:db8::/32`, or a single address. Bits behind the prefix must be 0: undefined otherwise. */
export function parseRange(text: string): Range | undefined {
  const slash = text.indexOf("/");
  const address = slash < 0 ? text : text.slice(0, slash);
  if (!isWritten(address)) return undefined;
  const parsed = ipaddr.parse(address);
  const bytes = Uint8Array.from(ipaddr.process(address).toByteArray());
  if (slash < 0) return { bytes, bits: bytes.length * 8 };
  const prefix = text.slice(slash + 1);
  if (!/^(0|[1-9][0-9]{0,2})$/.test(prefix)) return undefined;
  // A mapped range counts the 96 bits in front of the IPv4 address.
  const bits = Number(prefix) - (parsed.toByteArray().length - bytes.length) * 8;
  if (bits < 0 || bits > bytes.length * 8) return undefined;
  for (let bit = bits; bit < bytes.length * 8; bit++) if (bitAt(bytes, bit) === 1) return undefined;
  return { bytes, bits };
}

function isWritten(text: string): boolean {
  return (
    ipaddr.IPv4.isValidFourPartDecimal(text) ||
    (text.includes(":") && !text.includes("%") && ipaddr.IPv6.isValid(text))
  );
}

export class CidrTrie<Value> {
  /** Two children per node, one after the other. */
  readonly #children: number[] = [NONE, NONE, NONE, NONE];
  readonly #values: (Value | undefined)[] = [undefined, undefined];

  set(range: Range, value: Value): void {
    let node = rootOf(range.bytes);
    for (let bit = 0; bit < range.bits; bit++) {
      const place = node * 2 + bitAt(range.bytes, bit);
      const child = this.#children[place] as number;
      node = child === NONE ? this.#grow(place) : child;
    }
    this.#values[node] = value;
  }

  /** The value of the longest range that contains an address. */
  find(address: Uint8Array): Value | undefined {
    let node = rootOf(address);
    let found = this.#values[node];
    for (let bit = 0; bit < address.length * 8; bit++) {
      node = this.#children[node * 2 + bitAt(address, bit)] as number;
      if (node === NONE) return found;
      found = this.#values[node] ?? found;
    }
    return found;
  }

  #grow(place: number): number {
    const node = this.#values.length;
    this.#values.push(undefined);
    this.#children.push(NONE, NONE);
    this.#children[place] = node;
    return node;
  }
}

function rootOf(bytes: Uint8Array): number {
  return bytes.length === 4 ? 0 : 1;
}

function bitAt(bytes: Uint8Array, bit: number): number {
  return ((bytes[bit >> 3] as number) >> (7 - (bit & 7))) & 1;
}
