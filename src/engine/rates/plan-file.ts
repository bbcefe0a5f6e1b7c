import { formatLevel, type LevelName } from "../../domain/quotas/levels.ts";
import { type CompiledFile, compileFile, type FileEntry, findRange } from "./compiled-file.ts";
import { createRateCheck, type RateAsker, type RateCheck } from "./rate-check.ts";
import type { PlatformRates } from "./rate-settings.ts";
import { findNamedRoute, scaleRate } from "./route.ts";

/**
 * The one bucket of the `version: 1` file: of the most specific principal that it names, then of the longest address
 * range, then of the tenant by `defaults`, then by the daemon's own default. Defaults are for intents with a route or a
 * provider; the daemon's gives way where `rates` names a level.
 */
export function planFile(
  { file: written, fallback }: PlatformRates,
  asker: RateAsker,
  namesLevel: boolean,
): RateCheck | undefined {
  const file = written === undefined ? undefined : compileFile(written);
  const entry = file === undefined ? undefined : (findEntry(file, asker) ?? findRange(file, asker.sourceIp));
  if (entry !== undefined) return checkOf(file, entry, asker, FILE);
  if (asker.route === undefined && asker.provider === undefined) return undefined;
  if (file?.defaults !== undefined) return checkOf(file, file.defaults, asker, FILE);
  if (fallback === undefined || namesLevel) return undefined;
  return checkOf(file, { ...fallback, principal: "defaults" }, asker, "TOLLGATE_DEFAULT_RPS");
}

function findEntry(file: CompiledFile, { levels }: RateAsker): FileEntry | undefined {
  if (file.byPrincipal.size === 0) return undefined;
  let found: FileEntry | undefined;
  for (const name of BY_PRECEDENCE) {
    const one = levels.find(({ level }) => level === name);
    found ??= one === undefined ? undefined : file.byPrincipal.get(formatLevel(one));
  }
  return found;
}

const FILE = "quotas file";

/** The most specific first. */
const BY_PRECEDENCE: readonly LevelName["level"][] = ["agent", "api_key", "user", "team", "tenant"];

function checkOf(
  file: CompiledFile | undefined,
  { principal, rps, burst, line }: FileEntry,
  { tenant, route }: RateAsker,
  setting: string,
): RateCheck {
  const named =
    file === undefined || route === undefined ? undefined : findNamedRoute(file.multipliers, route);
  const factor = named === undefined ? undefined : file?.multipliers.get(named);
  // What no route scales is as it is written: 2.5 a second are not 2.
  const rate =
    factor === undefined ? { rps, burst } : { rps: scaleRate(rps, factor), burst: scaleRate(burst, factor) };
  const isDefault = principal === "defaults";
  // A range is one bucket for everybody in it; two tenants' users of one name are two principals.
  const owner = principal.startsWith("ip:") ? "" : tenant;
  const about = {
    principal: isDefault ? `tenant:${tenant}` : principal,
    route: named,
    setting,
    source:
      setting === FILE ? () => ({ tier: "baseline" as const, document: file?.document, line }) : undefined,
    shadow: false,
    hasRoutes: (file?.multipliers.size ?? 0) > 0,
  };
  return createRateCheck(rate, about, "file", principal, owner);
}
