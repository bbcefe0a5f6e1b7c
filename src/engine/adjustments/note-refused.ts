import type { Finding } from "../../domain/decision.ts";
import type { Now } from "../../domain/time.ts";
import type { PrincipalAsk } from "../quotas/judge-principals.ts";
import type { World } from "../world.ts";
import { noteWanted } from "./follow-load.ts";
import { followRates } from "./follow-rates.ts";

/** What a refused intent wanted is demand as well: quotas and rates that follow their load hear of it. */
export function noteRefused(world: World, asked: PrincipalAsk, findings: readonly Finding[], now: Now): void {
  if (findings.length === 0) return;
  noteWanted(world, asked, findings);
  const isRefused = findings.some(({ kind, shadow }) => kind === "RATE" && shadow !== true);
  if (isRefused) followRates(world, asked.rates, asked.weight, now);
}
