import type { ExecutionRecord } from "../execution-record.ts";

/** What a session knows of an execution in it. */
export type Member = Pick<ExecutionRecord, "index" | "caller" | "id" | "principal" | "session">;

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

  /** The roots of a member's session. `named`: the root execution whose id is the session, if there is one. */
  of(member: Member, named: Member | undefined): readonly number[] {
    const key = sessionKey(member);
    const roots = [...(this.#named.get(key) ?? [])];
    if (named !== undefined && named.session === named.id && sessionKey(named) === key)
      roots.push(named.index);
    return roots;
  }
}
