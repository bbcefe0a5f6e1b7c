import type { Finding } from "../../domain/decision.ts";
import { STATE } from "../../domain/execution.ts";
import type { Level } from "../../domain/quotas/levels.ts";
import type { Now } from "../../domain/time.ts";
import { Queue } from "../queue.ts";
import type { WindowQuota } from "../quotas/compile-quotas.ts";
import type { World } from "../world.ts";
import { pushEvent } from "./push.ts";

// A quota that is used up concerns every execution of its principal: they are told in slices, after the turn that found it.

interface Round {
  readonly level: Level;
  readonly tenant: string;
  readonly name: string;
  readonly message: string;
  readonly finding: Finding;
  readonly windowEndsAtMs: number | undefined;
  /** The one that was told already. */
  readonly except: number;
  next: number;
}

export class QuotaFanOut {
  readonly #rounds = new Queue<Round>();

  get pending(): boolean {
    return this.#rounds.length > 0;
  }

  /** Tells every live execution of the principal but the one that crossed the quota. */
  start(
    world: World,
    index: number,
    _quota: WindowQuota,
    row: number,
    message: string,
    finding: Finding,
  ): void {
    const text = world.windows.texts[row];
    if (text === undefined) return;
    const { level, tenant, name, endMs } = text;
    this.#rounds.push({
      level,
      tenant,
      name,
      message,
      finding,
      windowEndsAtMs: endMs,
      except: index,
      next: 0,
    });
  }

  /** Looks at no more than `max` executions; answers how many it looked at. */
  run(world: World, now: Now, max: number): number {
    let seen = 0;
    while (seen < max) {
      const round = this.#rounds.first;
      if (round === undefined) break;
      if (round.next >= world.executions.used || (round.windowEndsAtMs ?? now.wallMs) < now.wallMs) {
        this.#rounds.shift();
        continue;
      }
      const index = round.next++;
      seen++;
      if (index !== round.except && concerns(world, index, round)) {
        const { finding, windowEndsAtMs } = round;
        pushEvent(world, index, "QUOTA_EXHAUSTED", round.message, now, { finding, windowEndsAtMs });
      }
    }
    return seen;
  }
}

function concerns(world: World, index: number, { level, tenant, name }: Round): boolean {
  const record = world.executions.recordAt(index);
  if (record === undefined || world.executions.state.get(index) === STATE.completed) return false;
  const { principal } = record;
  if (level === "global") return true;
  if (principal.tenant !== tenant) return false;
  if (level === "tenant") return true;
  const own = {
    team: principal.team,
    user: principal.user,
    api_key: principal.apiKeyId,
    agent: principal.agent,
  };
  return level !== "unattributed" && own[level] === name;
}
