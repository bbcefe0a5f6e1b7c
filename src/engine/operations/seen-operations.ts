/** Names of operations that are remembered of one tenant. */
const MAX_OF_TENANT = 1_000;
/** And of all tenants together: a few megabytes. */
const MAX_SEEN = 100_000;

/**
 * Operations that intents have named since the start, by tenant: what a settings page offers beside those that policies name. Those
 * that come after the bounds are judged like all others and not remembered.
 */
export class SeenOperations {
  readonly #byTenant = new Map<string, Set<string>>();
  #count = 0;

  note(tenant: string, name: string): void {
    let names = this.#byTenant.get(tenant);
    if (names?.has(name) === true) return;
    if (this.#count >= MAX_SEEN || (names !== undefined && names.size >= MAX_OF_TENANT)) return;
    if (names === undefined) {
      names = new Set();
      this.#byTenant.set(tenant, names);
    }
    names.add(name);
    this.#count++;
  }

  namesOf(tenant: string): Iterable<string> {
    return this.#byTenant.get(tenant) ?? [];
  }
}
