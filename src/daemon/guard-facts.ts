import { createNameResolver } from "../adapters/system/name-resolver.ts";
import type { SteadyClock } from "../adapters/system/steady-clock.ts";
import type { Settings } from "../config/settings.ts";
import { capabilityKeysRefused } from "../observability/events/daemon.ts";
import type { Telemetry } from "../observability/telemetry.ts";
import { openKeyFile } from "../transport/capability/key-file.ts";
import { createCapabilityVerifier } from "../transport/capability/verify-capability.ts";
import type { FactSources } from "../transport/guards/fetch-facts.ts";
import type { Closers } from "./closers.ts";

/** Where guards get what the engine cannot know: addresses behind names, and whether tokens are genuine. */
export function openGuardFacts(
  settings: Settings,
  telemetry: Telemetry,
  clock: SteadyClock,
  closers: Closers,
): FactSources {
  const resolver = createNameResolver({ monoMs: () => clock.now().monoMs });
  closers.push(() => resolver.close());
  const { capabilityKeys } = settings;
  if (capabilityKeys === undefined) return { resolveHosts: (names) => resolver.resolve(names) };
  const keyFile = openKeyFile(capabilityKeys, () => clock.now().monoMs, {
    keysRefused: (cause) => capabilityKeysRefused(telemetry, cause),
  });
  return {
    resolveHosts: (names) => resolver.resolve(names),
    verifyCapability: createCapabilityVerifier(keyFile, () => clock.now().wallMs),
  };
}
