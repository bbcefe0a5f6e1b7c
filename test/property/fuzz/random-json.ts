import type { SeededRandom } from "../../crash/seeded-random.ts";

// JSON that means nothing and JSON that means something to a guard, spoiled: the same seed gives the same texts.

/** Pieces that parsers and guards have something to say about, whatever the guard. */
const PIECES = [
  ...[
    "",
    " ",
    "\\",
    '"',
    "\u0000",
    "\u200b",
    "\ufeff",
    "\u2028",
    "é",
    "😀",
    "ＡＫＩＡ",
    "ﬀ",
    "\u202e",
    "％41",
  ],
  ...[
    "%41",
    "%252e",
    "\\u0041",
    "&#65;",
    "\\x41",
    "{",
    "}",
    "[",
    "]",
    "{{x}}",
    "${x}",
    "<X>",
    "0",
    "1e400",
    "-0",
  ],
  ...[
    "AKIAQWERTYUIOPASDFGH",
    "sk_fake_abc123",
    "eyJhbGciOiJIUzI1NiJ9.",
    "password=",
    "Bearer ",
    "-----BEGIN PRIVATE KEY-----",
  ],
  ...[
    "http://",
    "//",
    "https:",
    "localhost",
    "127.0.0.1",
    "[::ffff:7f00:1]",
    "0x7f.1",
    "2130706433",
    "@",
    "#",
    "?",
    ":80",
    ".",
  ],
  ...[
    "get_page:0123456789abcdef:1703001234567",
    "a:b:1",
    "true",
    "null",
    "NaN",
    "Infinity",
    "1,234.5",
    "5%",
    "0.1",
    "1e-9",
  ],
  ...[
    "constructor",
    "toString",
    "hasOwnProperty",
    "length",
    "a.b",
    "a-b",
    "$ref",
    "_ref",
    "_idempotency_key",
    "_capability_token",
  ],
];

export class RandomJson {
  readonly random: SeededRandom;
  readonly #pieces: readonly string[];
  readonly #names: readonly string[];

  /** `names`: of members that the guard looks at. `pieces`: further texts that it knows. */
  constructor(random: SeededRandom, names: readonly string[], pieces: readonly string[]) {
    this.random = random;
    this.#names = [...names, ...PIECES];
    this.#pieces = [...PIECES, ...pieces];
  }

  pick<T>(from: readonly T[]): T {
    return from[this.random.below(from.length)] as T;
  }

  text(): string {
    const kind = this.random.below(10);
    if (kind === 0) return this.#long();
    if (kind === 1) return JSON.stringify(this.value(2));
    if (kind === 2) return Buffer.from(this.#joined()).toString("base64");
    if (kind === 3) return encodeURIComponent(this.#joined());
    return this.#joined();
  }

  #joined(): string {
    return Array.from({ length: this.random.below(5) }, () =>
      this.random.below(4) === 0
        ? String.fromCodePoint(0x20 + this.random.below(this.random.below(2) === 0 ? 0x60 : 0xd000))
        : this.pick(this.#pieces),
    ).join("");
  }

  /** One piece again and again: what is not linear shows here. */
  #long(): string {
    const piece = this.#joined();
    return piece === "" ? "" : piece.repeat(1 + this.random.below(4_000 / piece.length));
  }

  number(): number {
    const kind = this.random.below(6);
    if (kind === 0) return this.random.below(10);
    if (kind === 1) return -this.random.below(1_000);
    if (kind === 2) return this.random.next();
    if (kind === 3) return this.random.next() * 10 ** (this.random.below(600) - 300);
    if (kind === 4) return this.pick([0, 1, Number.MAX_SAFE_INTEGER, 2 ** 53, 1e308, 5e-324, 2_130_706_433]);
    return this.random.below(2 ** 32);
  }

  /** Any JSON value, `depth` levels deep at most. */
  value(depth: number): unknown {
    const kind = this.random.below(depth <= 0 ? 4 : 8);
    if (kind === 0) return this.pick([null, true, false]);
    if (kind === 1) return this.number();
    if (kind < 4) return this.text();
    if (kind < 6) return Array.from({ length: this.random.below(5) }, () => this.value(depth - 1));
    return this.object(depth);
  }

  object(depth: number): { [name: string]: unknown } {
    const made: { [name: string]: unknown } = Object.create(null);
    for (let count = this.random.below(6); count > 0; count--)
      made[this.random.below(8) === 0 ? this.text() : this.pick(this.#names)] = this.value(depth - 1);
    return made;
  }

  /** The text with a few things cut out, doubled, put in or exchanged; mostly still JSON where only words change. */
  spoil(text: string): string {
    let spoiled = text;
    for (let times = 1 + this.random.below(3); times > 0; times--) {
      const at = this.random.below(spoiled.length + 1);
      const to = Math.min(spoiled.length, at + this.random.below(12));
      const how = this.random.below(5);
      if (how === 0) spoiled = spoiled.slice(0, at) + spoiled.slice(to);
      else if (how === 1) spoiled = spoiled.slice(0, to) + spoiled.slice(at);
      else if (how === 2)
        spoiled =
          spoiled.slice(0, at) + JSON.stringify(this.pick(this.#pieces)).slice(1, -1) + spoiled.slice(at);
      else if (how === 3) spoiled = spoiled.slice(0, at) + this.pick(this.#pieces) + spoiled.slice(to);
      else spoiled = `${spoiled.slice(0, at)}${this.random.below(10)}${spoiled.slice(at + 1)}`;
    }
    return spoiled;
  }
}
