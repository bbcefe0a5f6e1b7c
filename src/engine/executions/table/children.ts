import { type IntColumn, NO_INDEX } from "./columns.ts";

// The children of an execution are a list through its columns: the first of them, and from each one the next.

interface Family {
  readonly parent: IntColumn;
  readonly firstChild: IntColumn;
  readonly nextSibling: IntColumn;
  readonly previousSibling: IntColumn;
}

/** Puts an execution before the other children of its parent; NO_INDEX = it is a root. */
export function addChild(family: Family, index: number, parent: number): void {
  family.parent.set(index, parent);
  if (parent === NO_INDEX) return;
  const first = family.firstChild.get(parent);
  family.nextSibling.set(index, first);
  if (first !== NO_INDEX) family.previousSibling.set(first, index);
  family.firstChild.set(parent, index);
}

export function removeChild(family: Family, index: number): void {
  const previous = family.previousSibling.get(index);
  const next = family.nextSibling.get(index);
  const parent = family.parent.get(index);
  if (previous !== NO_INDEX) family.nextSibling.set(previous, next);
  else if (parent !== NO_INDEX && family.firstChild.get(parent) === index)
    family.firstChild.set(parent, next);
  if (next !== NO_INDEX) family.previousSibling.set(next, previous);
}

/** The child may be removed before the next is asked for. */
export function* childrenOf(family: Family, index: number): Generator<number> {
  for (let at = family.firstChild.get(index); at !== NO_INDEX; ) {
    const next = family.nextSibling.get(at);
    yield at;
    at = next;
  }
}
