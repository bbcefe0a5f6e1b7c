import { isIP } from "node:net";
import { z } from "zod";

// The `version: 1` file of rates, alone or as a `Quotas` document. Published as deploy/policies/schema/quotas.json.

/** Requests a second, and at once: above a million no single process answers. */
const RATE_MAX = 1_000_000;
/** Entries of one file: what 256 KiB can hold. */
const PRINCIPALS_MAX = 10_000;
const ROUTES_MAX = 1_000;

const RPS_ERROR = { error: `must be a number above 0 and at most ${RATE_MAX}` };
const BURST_ERROR = { error: `must be a whole number from 1 to ${RATE_MAX}` };
const FACTOR_ERROR = { error: "must be a number above 0 and at most 1000" };
const PRINCIPAL_ERROR = {
  error:
    "must be tenant:NAME, team:NAME, user:NAME, api_key:NAME, agent:NAME, or ip: with an address or a range, as ip:203.0.113.0/24, without bits behind the prefix",
};
const ROUTE_ERROR = { error: "must be a route that begins with /, of at most 256 characters" };
const TEXT_ERROR = { error: "must be text of at most 1024 characters" };

const NAMED = /^(?:tenant|team|user|api_key|agent):[\x21-\x7e]{1,128}$/;

const rps = z.number(RPS_ERROR).gt(0, RPS_ERROR).max(RATE_MAX, RPS_ERROR).describe("requests a second");
const burst = z
  .number(BURST_ERROR)
  .int(BURST_ERROR)
  .min(1, BURST_ERROR)
  .max(RATE_MAX, BURST_ERROR)
  .optional()
  .describe("requests that may come at once; default twice `rps`, rounded up");

const principal = z.strictObject({
  principal: z
    .string(PRINCIPAL_ERROR)
    .max(160, PRINCIPAL_ERROR)
    .refine(isPrincipal, PRINCIPAL_ERROR)
    .describe("whose rate it is, as tenant:acme-corp or ip:203.0.113.0/24"),
  rps,
  burst,
  description: z.string(TEXT_ERROR).max(1_024, TEXT_ERROR).optional().describe("kept and shown"),
});

function isPrincipal(text: string): boolean {
  return text.startsWith("ip:") ? isRange(text.slice("ip:".length)) : NAMED.test(text);
}

/** An address, or an address and the length of its prefix with nothing behind it: what a range is everywhere else. */
function isRange(text: string): boolean {
  const [address = "", prefix, ...more] = text.split("/");
  if (isIP(address) === 0 || more.length > 0 || address.includes("%")) return false;
  if (prefix === undefined) return true;
  if (!/^(?:0|[1-9]\d{0,2})$/.test(prefix)) return false;
  const bits = bitsOf(address);
  // IPv4 written as IPv6 is IPv4: a range of it does not reach beyond.
  const least = bits.startsWith(MAPPED) ? MAPPED.length : 0;
  return Number(prefix) >= least && Number(prefix) <= bits.length && !bits.includes("1", Number(prefix));
}

const MAPPED = "0".repeat(80) + "1".repeat(16);

/** The bits of an address that `isIP` accepts. */
function bitsOf(address: string): string {
  if (isIP(address) === 4)
    return address
      .split(".")
      .map((part) => binary(Number(part), 8))
      .join("");
  // An address in a URL is written in one way: groups of 16 bits, the longest row of empty ones as `::`.
  const [head = "", tail] = new URL(`http://[${address}]`).hostname.slice(1, -1).split("::");
  const groups = (text: string) => (text === "" ? [] : text.split(":"));
  const behind = groups(tail ?? "");
  const empty = tail === undefined ? 0 : 8 - groups(head).length - behind.length;
  const all = [...groups(head), ...new Array<string>(empty).fill("0"), ...behind];
  return all.map((part) => binary(Number.parseInt(part, 16), 16)).join("");
}

function binary(value: number, bits: number): string {
  return value.toString(2).padStart(bits, "0");
}

export const QUOTAS_SCHEMA = z
  .strictObject({
    apiVersion: z
      .literal("tollgate.dev/v1", { error: "must be tollgate.dev/v1" })
      .optional()
      .describe("may be left out, together with `kind`"),
    kind: z.literal("Quotas", { error: "must be Quotas" }).optional(),
    version: z.literal(1, { error: "must be 1" }),
    defaults: z
      .strictObject({ rps, burst })
      .optional()
      .describe("where no principal matches; without it TOLLGATE_DEFAULT_RPS and TOLLGATE_DEFAULT_BURST"),
    principals: z
      .array(principal, { error: "must be a list of principals" })
      .max(PRINCIPALS_MAX, { error: `must have at most ${PRINCIPALS_MAX} entries` })
      .optional(),
    endpoint_multipliers: z
      .record(
        z.string(ROUTE_ERROR).max(256, ROUTE_ERROR).regex(/^\//, ROUTE_ERROR),
        z.number(FACTOR_ERROR).gt(0, FACTOR_ERROR).max(1_000, FACTOR_ERROR),
        { error: "must be a mapping from routes to factors" },
      )
      .refine((routes) => Object.keys(routes).length <= ROUTES_MAX, {
        error: `must have at most ${ROUTES_MAX} routes`,
      })
      .optional()
      .describe("factors of `rps` and `burst` by route: exact, else the longest prefix of segments"),
  })
  .describe("Rates of principals. At most one such document is in force.");
