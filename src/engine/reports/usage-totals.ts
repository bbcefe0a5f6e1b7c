import { SPENT } from "../../domain/counters.ts";

// What was used since the start, by who was asked for it: for metrics alone. In memory, in a bounded number of sums; adding
// allocates nothing.

/** Columns of one sum. */
const STEPS = 0;
const TOKENS = 1;
const COST = 2;
const STRIDE = 3;

/** Values that one label takes, and sums of all labels together; what is beyond is counted as `other`. */
const MAX_VALUES = 100;
const MAX_SUMS = 1_000;
const OTHER = "other";

/** Absent texts were not told. */
interface UsageLabels {
  /** Only where tenants are told apart. */
  readonly tenant?: string;
  readonly provider?: string;
  readonly model?: string;
}

interface UsageSum {
  readonly labels: UsageLabels;
  readonly steps: bigint;
  /** Input and output. */
  readonly tokens: bigint;
  readonly costNanoUsd: bigint;
}

type Level<T> = Map<string, T>;

export class UsageTotals {
  readonly #labels: UsageLabels[] = [];
  #amounts = new BigInt64Array(STRIDE * 16);
  readonly #slots: Level<Level<Level<number>>> = new Map();
  readonly #values = { tenant: new Set<string>(), provider: new Set<string>(), model: new Set<string>() };
  readonly #byTenant: boolean;
  readonly #unpriced = new Map<string, number>();
  /** Of the last one that was added to: most usage comes in runs of one model. */
  #lastSlot = -1;
  #lastTenant = "";
  #lastProvider = "";
  #lastModel = "";

  constructor(byTenant: boolean) {
    this.#byTenant = byTenant;
  }

  /** Adds a row of amounts in the order of SPENT. */
  add(
    of: { readonly principal: { readonly tenant: string } },
    provider: string | undefined,
    model: string | undefined,
    amounts: BigInt64Array,
  ): void {
    const base = this.#find(this.#byTenant ? of.principal.tenant : "", provider ?? "", model ?? "") * STRIDE;
    const sums = this.#amounts;
    const tokens = (amounts[SPENT.inputTokens] as bigint) + (amounts[SPENT.outputTokens] as bigint);
    sums[base + STEPS] = BigInt.asIntN(64, (sums[base + STEPS] as bigint) + (amounts[SPENT.steps] as bigint));
    sums[base + TOKENS] = BigInt.asIntN(64, (sums[base + TOKENS] as bigint) + tokens);
    sums[base + COST] = BigInt.asIntN(
      64,
      (sums[base + COST] as bigint) + (amounts[SPENT.costNanoUsd] as bigint),
    );
  }

  /** A price was wanted and none is known. */
  addUnpriced(provider: string | undefined): void {
    const name = this.#bound("provider", provider ?? "");
    this.#unpriced.set(name, (this.#unpriced.get(name) ?? 0) + 1);
  }

  sums(): readonly UsageSum[] {
    return this.#labels.map((labels, slot) => ({
      labels,
      steps: this.#amounts[slot * STRIDE + STEPS] as bigint,
      tokens: this.#amounts[slot * STRIDE + TOKENS] as bigint,
      costNanoUsd: this.#amounts[slot * STRIDE + COST] as bigint,
    }));
  }

  /** How often a price was wanted and not known, by provider; empty where none was named. */
  unpriced(): ReadonlyMap<string, number> {
    return this.#unpriced;
  }

  #find(tenant: string, provider: string, model: string): number {
    const isLast =
      this.#lastModel === model && this.#lastProvider === provider && this.#lastTenant === tenant;
    if (isLast && this.#lastSlot >= 0) return this.#lastSlot;
    const slot = this.#slots.get(tenant)?.get(provider)?.get(model) ?? this.#open(tenant, provider, model);
    this.#lastSlot = slot;
    this.#lastTenant = tenant;
    this.#lastProvider = provider;
    this.#lastModel = model;
    return slot;
  }

  #open(tenant: string, provider: string, model: string): number {
    const isFull = this.#labels.length >= MAX_SUMS;
    const bounded = isFull
      ? ([OTHER, OTHER, OTHER] as const)
      : ([
          this.#bound("tenant", tenant),
          this.#bound("provider", provider),
          this.#bound("model", model),
        ] as const);
    const known = this.#slots.get(bounded[0])?.get(bounded[1])?.get(bounded[2]);
    return known ?? this.#create(...bounded);
  }

  #bound(label: keyof UsageLabels, value: string): string {
    const seen = this.#values[label];
    if (value === "" || seen.has(value)) return value;
    if (seen.size >= MAX_VALUES) return OTHER;
    seen.add(value);
    return value;
  }

  #create(tenant: string, provider: string, model: string): number {
    const slot = this.#labels.length;
    this.#labels.push({
      ...(tenant === "" ? {} : { tenant }),
      ...(provider === "" ? {} : { provider }),
      ...(model === "" ? {} : { model }),
    });
    if ((slot + 1) * STRIDE > this.#amounts.length) {
      const larger = new BigInt64Array(this.#amounts.length * 2);
      larger.set(this.#amounts);
      this.#amounts = larger;
    }
    const providers = this.#slots.get(tenant) ?? new Map<string, Level<number>>();
    const models = providers.get(provider) ?? new Map<string, number>();
    this.#slots.set(tenant, providers.set(provider, models.set(model, slot)));
    return slot;
  }
}
