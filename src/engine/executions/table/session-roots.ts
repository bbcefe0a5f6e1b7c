import type { ExecutionRecord } from "../execution-record.ts";

type Member = Pick<ExecutionRecord, "index" | "caller" | "id" | "principal" | "session">;

/** Sessions are kept per caller, as every id that a client chooses. */
export function sessionKey({ caller, principal, session }: Omit<Member, "index" | "id">): string {
  return `${caller}\n${principal.tenant}\n${session}`;
}

/** Root executions by the session that they named. One that named none is its own session, found by its id: it costs nothing here. */
export class SessionRoots {
  readonly #named = new Map<string, Set<number>>();

  add(root: Member): void {
    if (root.session === root.id) return;
    const key = sessionKey(root);
    const known = this.#named.get(key);
    if (known === undefined) this.#named.set(key, new Set([root.index]));
    else known.add(root.index);
  }

  remove(root: Member): void {
    if (root.session === root.id) return;
    const key = sessionKey(root);
    const known = this.#named.get(key);
    known?.delete(root.index);
    if (known?.size === 0) this.#named.delete(key);
  }

  of(member: Member): Iterable<number> {
    return this.#named.get(sessionKey(member)) ?? NONE;
  }
}

const NONE: readonly number[] = Object.freeze([]);
