import { NO_POLICY_FILES, type PolicyFiles } from "../../config/policy/documents.ts";
import type { PolicyPlaces } from "../../config/policy/files/find-files.ts";
import { PolicyWatch } from "../../config/policy/files/watch-policy.ts";
import { readPolicy } from "../../config/policy/read-policy.ts";
import { createSlices, type Slices } from "../../config/policy/slices.ts";
import type { Settings } from "../../config/settings.ts";
import { SettingsError } from "../../config/settings-error.ts";
import type { Now } from "../../domain/time.ts";
import type { Labels } from "../../engine/policy/label-match.ts";
import type { PolicySet } from "../../engine/policy/policy-set.ts";
import { isPrepared, preparePolicy } from "../../engine/policy/prepare-policy.ts";
import { swapPolicy } from "../../engine/policy/refresh-policy.ts";
import { forgetPrevious } from "../../engine/policy/resolve-policy.ts";
import type { Policy, World } from "../../engine/world.ts";
import {
  policyRefused,
  policySwapped,
  quotasNotShared,
  sharedStoreMissing,
  tenantPolicyClamped,
  tenantPolicyRefused,
  tenantPolicyRemoved,
} from "../../observability/events/policy.ts";
import type { Telemetry } from "../../observability/telemetry.ts";
import type { PolicyReload } from "../../ports/policy-admin.ts";
import type { EngineHost } from "../../runtime/engine-host.ts";
import type { PolicyStatus } from "../../runtime/probe-source.ts";
import { auditPolicy } from "./audit-policy.ts";
import { compilePolicy, type KeptDocument } from "./compile-policy.ts";
import { type GoodPolicy, type JudgedFiles, judgeFiles } from "./good-policy.ts";
import { findReplaced, type PolicyContent, type Replaced } from "./policy-content.ts";
import { PolicyHistory } from "./policy-history.ts";
import { parseKeptTexts } from "./policy-texts.ts";
import { runInSlices } from "./run-in-slices.ts";

// The life of the policy: read at the start, watched, read again when files change, swapped between two decisions.

/** Lines of problems that one row of the audit keeps. */
const PROBLEMS_AUDITED = 20;

interface Wanted {
  readonly tenant: string;
  readonly labels: Labels;
}

export class PolicyKeeper {
  readonly #places: PolicyPlaces;
  readonly #settings: Settings;
  readonly #telemetry: Telemetry;
  #good: GoodPolicy;
  #kept: ReadonlyMap<string, KeptDocument> = new Map();
  /** Tenants whose kept document cannot be read by this version: refused, as with a bad file. */
  #unreadable: ReadonlySet<string> = new Set();
  #policy: Policy;
  #judged: JudgedFiles;
  #host: EngineHost | undefined;
  #watch: PolicyWatch | undefined;
  readonly #history = new PolicyHistory();
  /** The work that runs: reloads and changes by operators come one after the other. */
  #running: Promise<unknown> = Promise.resolve();
  #reloading: Promise<PolicyReload> | undefined;
  /** Tenants that are made when they are first seen, one after the other. */
  #preparing: Promise<void> = Promise.resolve();
  /** The policy that is about to be swapped in, and who came while it was made ready. */
  #next: { readonly set: PolicySet; readonly late: Wanted[] } | undefined;

  private constructor(
    settings: Settings,
    telemetry: Telemetry,
    judged: JudgedFiles,
    good: GoodPolicy,
    policy: Policy,
  ) {
    this.#places = placesOf(settings);
    this.#settings = settings;
    this.#telemetry = telemetry;
    this.#judged = judged;
    this.#good = good;
    this.#policy = policy;
  }

  /** From the files of the start. @throws SettingsError with every problem, when documents of the platform are bad */
  static async open(
    settings: Settings,
    telemetry: Telemetry,
    reading: Promise<PolicyFiles>,
  ): Promise<PolicyKeeper> {
    const judged = await judgeFiles(await reading, undefined);
    const { good, problems, tenantProblems } = judged;
    if (good === undefined)
      throw new SettingsError([...new Set([...problems, ...[...tenantProblems.values()].flat()])]);
    const policy = await compilePolicy(good, new Map(), settings, undefined, createSlices());
    const keeper = new PolicyKeeper(settings, telemetry, judged, good, policy);
    await keeper.#tellTenants(judged);
    keeper.#tellUnshared(undefined);
    return keeper;
  }

  /** What is in force. */
  get policy(): Policy {
    return this.#policy;
  }

  /** The documents it is made of. */
  get content(): PolicyContent {
    return { good: this.#good, kept: this.#kept };
  }

  get judged(): JudgedFiles {
    return this.#judged;
  }

  /** What was replaced since a policy, oldest first: nothing since the one in force; undefined when it is not remembered. */
  replacedSince(etag: string): readonly Replaced[] | undefined {
    return etag === this.#policy.etag ? [] : this.#history.since(etag);
  }

  status(): PolicyStatus {
    const { problems, tenantProblems, stale } = this.#judged;
    const first = problems[0] ?? [...tenantProblems.values()][0]?.[0] ?? null;
    return { lastReloadError: first, staleDocuments: stale };
  }

  /** Puts what operators keep in force beside the files, and notices changes of files from now on. Call once. */
  async attach(host: EngineHost): Promise<void> {
    this.#host = host;
    await this.#adoptKept(host.world);
    const watch = new PolicyWatch(this.#places, () => void this.reload("files"));
    this.#watch = watch;
    await watch.start();
  }

  /** Notices nothing more; resolves when what runs has ended. */
  async stop(): Promise<void> {
    this.#watch?.stop();
    await this.#running;
  }

  /**
   * Makes the policy of a tenant that nobody has asked for yet, under some labels, one after the other. Undefined when there is
   * nothing to wait for.
   */
  readonly prepare = (tenant: string, labels: Labels): Promise<void> | undefined => {
    if (this.#next !== undefined && !isPrepared(this.#next.set, tenant, labels))
      this.#next.late.push({ tenant, labels });
    if (isPrepared(this.#policy.set, tenant, labels)) return undefined;
    const work = () => runInSlices(preparePolicy(this.#policy.set, tenant, labels), createSlices());
    const made = this.#preparing.then(work);
    this.#preparing = made.catch(() => undefined);
    return made;
  };

  /** Reads the files again, and puts what is good in force. Calls that come while one waits share it. */
  reload(cause: string): Promise<PolicyReload> {
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

  /**
   * Puts what operators keep in force, in one turn with `write`, which makes it durable; `done` is called in the same turn,
   * when it is in force. Call within `exclusively`.
   */
  async keep(
    kept: ReadonlyMap<string, KeptDocument>,
    cause: string,
    write: (world: World, now: Now) => void,
    done: () => void,
  ): Promise<void> {
    await this.#swap(this.#good, kept, cause, performance.now(), { write, done });
  }

  async #adoptKept(world: World): Promise<void> {
    const kept = new Map<string, KeptDocument>();
    const unreadable = new Set<string>();
    const current = [...world.keptPolicies.current()];
    const texts = current.map(({ tenant, version, text }) => ({
      tenant,
      name: keptName(tenant, version),
      text,
    }));
    const parsedTexts = await parseKeptTexts(texts);
    for (const { tenant, etag } of current) {
      const parsed = parsedTexts.get(tenant);
      if (parsed === undefined) continue;
      if (parsed.ok) kept.set(tenant, { ...parsed.document, etag });
      else {
        unreadable.add(tenant);
        const problems = parsed.problems.map(({ line, column, message }) => `${line}:${column}: ${message}`);
        tenantPolicyRefused(this.#telemetry, { tenant, isServed: false, problems });
      }
    }
    this.#unreadable = unreadable;
    if (kept.size + unreadable.size > 0) await this.#swap(this.#good, kept, "start", performance.now());
  }

  async #reload(cause: string): Promise<PolicyReload> {
    const startedMs = performance.now();
    const before = this.#good;
    const files = await readPolicy(this.#places, { ...NO_POLICY_FILES, tenants: before.tenants });
    const judged = await judgeFiles(files, before);
    this.#judged = judged;
    const problems = [...judged.problems, ...[...judged.tenantProblems.values()].flat()];
    const { stale } = judged;
    if (judged.good === undefined) {
      policyRefused(this.#telemetry, judged.problems);
      const told = judged.problems.slice(0, PROBLEMS_AUDITED);
      this.#audit("POLICY_REFUSED", "", { cause, problems: told, count: judged.problems.length });
      return { changed: false, problems, stale };
    }
    const changed = await this.#swap(judged.good, this.#kept, cause, startedMs);
    await this.#tellTenants(judged);
    const slices = createSlices();
    for (const tenant of judged.removed) {
      tenantPolicyRemoved(this.#telemetry, tenant);
      this.#audit("TENANT_POLICY_REMOVED", tenant, { cause });
      await slices.next();
    }
    return { changed, problems, stale };
  }

  /** Compiles and swaps between two decisions; what is in force already is not swapped. */
  async #swap(
    good: GoodPolicy,
    kept: ReadonlyMap<string, KeptDocument>,
    cause: string,
    startedMs: number,
    change?: { readonly write: (world: World, now: Now) => void; readonly done: () => void },
  ): Promise<boolean> {
    const before = { policy: this.#policy, good: this.#good };
    const invalid = new Set([...good.invalid, ...this.#unreadable]);
    const slices = createSlices();
    const policy = await compilePolicy({ ...good, invalid }, kept, this.#settings, before, slices);
    const isChanged = policy.etag !== before.policy.etag;
    const replaced = isChanged ? await findReplaced(this.content, { good, kept }, slices) : undefined;
    if (isChanged) await this.#prepareLive(policy, slices);
    this.#host?.turn((world, now) => {
      change?.write(world, now);
      if (isChanged) swapPolicy(world, policy);
      change?.done();
    });
    this.#good = good;
    this.#kept = kept;
    if (replaced === undefined) return false;
    this.#policy = policy;
    this.#history.add(before.policy.etag, replaced);
    // The first decision of each tenant under the policy takes longer than those after it: nothing of ours in their turns.
    await slices.giveWay();
    this.#tellUnshared(before.policy);
    const { etag, generation } = policy;
    this.#audit("POLICY_SWAPPED", "", { cause, before: before.policy.etag, after: etag });
    const elapsedMs = performance.now() - startedMs;
    policySwapped(this.#telemetry, { etag, generation, tenants: policy.set.tenants.size, cause, elapsedMs });
    await runInSlices(forgetPrevious(policy.set), slices);
    return true;
  }

  /** Makes what live executions will ask for, so that no decision waits for it after the swap. */
  async #prepareLive({ set }: Policy, slices: Slices): Promise<void> {
    const late: Wanted[] = [];
    this.#next = { set, late };
    const executions = this.#host?.world.executions;
    for (let index = 0; index < (executions?.used ?? 0); index++) {
      const record = executions?.recordAt(index);
      if (record === undefined) continue;
      await runInSlices(preparePolicy(set, record.principal.tenant, record.labels), slices);
    }
    // Who came in the meantime; nobody comes between the last one and the swap.
    for (let one = late.pop(); one !== undefined; one = late.pop())
      await runInSlices(preparePolicy(set, one.tenant, one.labels), slices);
    this.#next = undefined;
  }

  /** Of thousands of tenants too. */
  async #tellTenants({ tenantProblems, clamped }: JudgedFiles): Promise<void> {
    const slices = createSlices();
    for (const [tenant, problems] of tenantProblems) {
      const isServed = this.#good.tenants.has(tenant);
      tenantPolicyRefused(this.#telemetry, { tenant, isServed, problems });
      this.#audit("TENANT_POLICY_REFUSED", tenant, {
        problems: problems.slice(0, PROBLEMS_AUDITED),
        count: problems.length,
      });
      await slices.next();
    }
    for (const [tenant, problems] of clamped) {
      tenantPolicyClamped(this.#telemetry, tenant, problems);
      await slices.next();
    }
  }

  /** Told once for each document that says so. */
  #tellUnshared(before: Policy | undefined): void {
    const added = [...(this.#policy.unshared ?? [])].filter(
      ([name, unshared]) => JSON.stringify(before?.unshared?.get(name)) !== JSON.stringify(unshared),
    );
    const keysOf = (kind: "perPod" | "cluster") =>
      added.flatMap(([name, unshared]) => unshared[kind].map((key) => `${name}: ${key}`));
    quotasNotShared(this.#telemetry, keysOf("perPod"));
    sharedStoreMissing(this.#telemetry, keysOf("cluster"));
  }

  #audit(kind: string, tenant: string, facts: { readonly [name: string]: unknown }): void {
    this.#host?.turn((world, now) => auditPolicy(world, tenant, kind, { by: "files", ...facts }, now));
  }
}

/** What findings call a document that operators keep. */
export function keptName(tenant: string, version: number): string {
  return `api:${tenant}#${version}`;
}

function placesOf({ policy, quotas }: Settings): PolicyPlaces {
  return { directory: policy, quotas };
}
