import { NO_POLICY_FILES } from "../../config/policy/documents.ts";
import type { PolicyPlaces } from "../../config/policy/files/find-files.ts";
import { PolicyWatch, type PolicyWatchOptions } from "../../config/policy/files/watch-policy.ts";
import { readPolicy } from "../../config/policy/read-policy.ts";
import { createSlices } from "../../config/policy/slices.ts";
import type { Settings } from "../../config/settings.ts";
import { SettingsError } from "../../config/settings-error.ts";
import { swapPolicy } from "../../engine/policy/refresh-policy.ts";
import { resolvePolicy } from "../../engine/policy/resolve-policy.ts";
import type { Policy } from "../../engine/world.ts";
import {
  policyRefused,
  policySwapped,
  tenantPolicyRefused,
  tenantPolicyRemoved,
} from "../../observability/events/policy.ts";
import type { Telemetry } from "../../observability/telemetry.ts";
import type { EngineHost } from "../../runtime/engine-host.ts";
import type { PolicyStatus } from "../../runtime/probe-source.ts";
import { auditPolicy } from "./audit-policy.ts";
import { compilePolicy, type KeptDocument } from "./compile-policy.ts";
import { type GoodPolicy, type JudgedFiles, judgeFiles } from "./good-policy.ts";

// The life of the policy: read at the start, watched, read again when files change, swapped between two decisions.

/** What a reload came to. */
export interface ReloadResult {
  readonly etag: string;
  readonly generation: number;
  readonly changed: boolean;
  readonly problems: readonly string[];
  readonly stale: readonly string[];
}

export class PolicyKeeper {
  readonly #places: PolicyPlaces;
  readonly #settings: Settings;
  readonly #telemetry: Telemetry;
  #good: GoodPolicy;
  #policy: Policy;
  #judged: JudgedFiles;
  #host: EngineHost | undefined;
  #watch: PolicyWatch | undefined;
  /** The work that runs: reloads and changes by operators come one after the other. */
  #running: Promise<unknown> = Promise.resolve();
  #reloading: Promise<ReloadResult> | undefined;

  private constructor(settings: Settings, telemetry: Telemetry, judged: JudgedFiles, good: GoodPolicy) {
    this.#places = placesOf(settings);
    this.#settings = settings;
    this.#telemetry = telemetry;
    this.#judged = judged;
    this.#good = good;
    this.#policy = compilePolicy(good, new Map(), settings, undefined);
  }

  /** Reads the files of the start. @throws SettingsError with every problem, when documents of the platform are bad */
  static async open(settings: Settings, telemetry: Telemetry): Promise<PolicyKeeper> {
    const files = await readPolicy(placesOf(settings));
    const judged = await judgeFiles(files, undefined, () => []);
    const { good, problems, tenantProblems } = judged;
    if (good === undefined)
      throw new SettingsError([...new Set([...problems, ...[...tenantProblems.values()].flat()])]);
    const keeper = new PolicyKeeper(settings, telemetry, judged, good);
    keeper.#tellTenants(judged);
    return keeper;
  }

  /** What is in force. */
  get policy(): Policy {
    return this.#policy;
  }

  get good(): GoodPolicy {
    return this.#good;
  }

  status(): PolicyStatus {
    const { problems, tenantProblems, stale } = this.#judged;
    const first = problems[0] ?? [...tenantProblems.values()][0]?.[0] ?? null;
    return { lastReloadError: first, staleDocuments: stale };
  }

  /** From now on changes are noticed; call once, when the engine is there. */
  async attach(host: EngineHost, options: PolicyWatchOptions = {}): Promise<void> {
    this.#host = host;
    const watch = new PolicyWatch(this.#places, () => void this.reload("files"), options);
    this.#watch = watch;
    await watch.start();
  }

  stop(): void {
    this.#watch?.stop();
  }

  /** Reads the files again, and puts what is good in force. Calls that come while one waits share it. */
  reload(cause: string): Promise<ReloadResult> {
    this.#reloading ??= this.exclusively(() => {
      this.#reloading = undefined;
      return this.#reload(cause);
    });
    return this.#reloading;
  }

  /** Runs work that must see no other change of the policy, after all that was asked for before. */
  exclusively<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#running.then(work);
    this.#running = result.catch(() => undefined);
    return result;
  }

  async #reload(cause: string): Promise<ReloadResult> {
    const startedMs = performance.now();
    const before = this.#good;
    const files = await readPolicy(this.#places, { ...NO_POLICY_FILES, tenants: before.tenants });
    const judged = await judgeFiles(files, before, () => []);
    this.#judged = judged;
    const problems = [...judged.problems, ...[...judged.tenantProblems.values()].flat()];
    if (judged.good === undefined) {
      policyRefused(this.#telemetry, judged.problems);
      this.#audit("POLICY_REFUSED", "", { cause, problems: judged.problems });
      return this.#result(false, problems);
    }
    this.#tellTenants(judged);
    const changed = await this.#swap(judged.good, cause, startedMs);
    for (const tenant of judged.removed) {
      tenantPolicyRemoved(this.#telemetry, tenant);
      this.#audit("TENANT_POLICY_REMOVED", tenant, { cause });
    }
    return this.#result(changed, problems);
  }

  /** Compiles what operators keep and what files hold, and swaps; nothing happens when it is what is in force already. */
  async #swap(good: GoodPolicy, cause: string, startedMs: number): Promise<boolean> {
    const kept: ReadonlyMap<string, KeptDocument> = new Map();
    const before = { policy: this.#policy, good: this.#good };
    const policy = compilePolicy(good, kept, this.#settings, before);
    this.#good = good;
    if (policy.etag === before.policy.etag) return false;
    await this.#warm(policy);
    this.#policy = policy;
    this.#host?.turn((world) => swapPolicy(world, policy));
    const { etag, generation } = policy;
    this.#audit("POLICY_SWAPPED", "", { cause, before: before.policy.etag, after: etag });
    const elapsedMs = performance.now() - startedMs;
    policySwapped(this.#telemetry, { etag, generation, tenants: policy.set.tenants.size, cause, elapsedMs });
    return true;
  }

  /** Resolves what live executions will ask for, so that no decision waits for it after the swap. */
  async #warm({ set }: Policy): Promise<void> {
    const slices = createSlices();
    for (const record of this.#host?.world.executions.records ?? []) {
      if (record === undefined) continue;
      resolvePolicy(set, record.principal.tenant, record.labels);
      const turn = slices.next();
      if (turn !== undefined) await turn;
    }
  }

  #result(changed: boolean, problems: readonly string[]): ReloadResult {
    const { etag, generation } = this.#policy;
    return { etag, generation, changed, problems, stale: this.#judged.stale };
  }

  #tellTenants({ tenantProblems }: JudgedFiles): void {
    for (const [tenant, problems] of tenantProblems) {
      const isServed = !this.#good.invalid.has(tenant) && this.#good.tenants.has(tenant);
      tenantPolicyRefused(this.#telemetry, { tenant, isServed, problems });
      this.#audit("TENANT_POLICY_REFUSED", tenant, { problems });
    }
  }

  #audit(kind: string, tenant: string, facts: { readonly [name: string]: unknown }): void {
    this.#host?.turn((world, now) => auditPolicy(world, tenant, kind, { by: "files", ...facts }, now));
  }
}

function placesOf({ policy, quotas }: Settings): PolicyPlaces {
  return { directory: policy, quotas };
}
