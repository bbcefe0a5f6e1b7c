import { MAX_TREE_DEPTH } from "../../../domain/execution.ts";
import type { Now } from "../../../domain/time.ts";
import { NO_INDEX } from "../../executions/execution-table.ts";
import { addDamagedExecution } from "../../losses/restore-damaged.ts";
import type { World } from "../../world.ts";
import { type ExecutionText, parseExecutionText } from "../execution-text.ts";
import { type RowPlace, textAt } from "../loaded-rows.ts";
import type { Shift } from "../read-image.ts";
import { insertRecord, restoreNumbers } from "../restore-execution.ts";
import { NoRoomError } from "./no-room-error.ts";
import { UnreadExecutions } from "./unread-executions.ts";

// Executions are most of a file, so they are taken up while it is read: their numbers, then their texts. Parents go before
// their children: the chain of a child is made from its parent's.

export class ExecutionRestorer {
  readonly #world: World;
  readonly #shift: Shift;
  /** 1 where the numbers of an index came. */
  readonly #isNumbered: Uint8Array;
  /** The highest index for which the table has no place. */
  #outside = NO_INDEX;
  /** Texts that came before their numbers or their parents. */
  readonly #waiting = new Map<number, RowPlace>();
  readonly #unread: UnreadExecutions;

  constructor(world: World, shift: Shift) {
    this.#world = world;
    this.#shift = shift;
    this.#unread = new UnreadExecutions(world);
    this.#isNumbered = new Uint8Array(world.executions.capacity);
  }

  takeNumbers(row: RowPlace): void {
    const table = this.#world.executions;
    if (this.#isOutside(row)) return;
    table.allocateAt(row.key);
    restoreNumbers(this.#world, row, this.#shift);
    this.#isNumbered[row.key] = 1;
  }

  takeText(row: RowPlace): void {
    const table = this.#world.executions;
    const { key } = row;
    if (this.#isOutside(row)) return;
    const parent = this.#isNumbered[key] === 1 ? table.parent.get(key) : undefined;
    if (parent === undefined || (parent !== NO_INDEX && !table.has(parent))) this.#waiting.set(key, row);
    else if (!this.#unread.take(row, parent))
      insertRecord(this.#world, key, parseExecutionText(textAt(row)), parent);
  }

  #isOutside({ key }: RowPlace): boolean {
    if (key < this.#world.executions.capacity) return false;
    this.#outside = Math.max(this.#outside, key);
    return true;
  }

  /**
   * Those without numbers are no executions, unless their numbers are damaged: they are taken up with none, so that their
   * ids are known and can be refused. Numbers without a text are given up.
   * @throws NoRoomError when the file holds more than the table has places
   */
  finish(damaged: ReadonlySet<number>, now: Now): void {
    if (this.#outside !== NO_INDEX) throw new NoRoomError(this.#outside, this.#world.maxLiveExecutions);
    const table = this.#world.executions;
    for (const key of this.#waiting.keys()) this.#insertWithParents(key, damaged, now);
    table.freeUnused();
  }

  /** Counts those whose records nobody asked for, when all that asks while loading has asked. */
  countUnread(): void {
    this.#unread.count();
  }

  #insertWithParents(key: number, damaged: ReadonlySet<number>, now: Now): void {
    const { executions } = this.#world;
    const found: { readonly key: number; readonly text: ExecutionText; readonly parent: number }[] = [];
    for (let at = key; at !== NO_INDEX && found.length <= MAX_TREE_DEPTH; ) {
      const row = this.#waiting.get(at);
      const isNumbered = this.#isNumbered[at] === 1;
      if (row === undefined || executions.has(at) || !(isNumbered || damaged.has(at))) break;
      const text = parseExecutionText(textAt(row));
      const parent = isNumbered ? executions.parent.get(at) : this.#parentByName(text);
      found.push({ key: at, text, parent });
      at = parent;
    }
    for (let one = found.pop(); one !== undefined; one = found.pop()) {
      if (this.#isNumbered[one.key] === 1) insertRecord(this.#world, one.key, one.text, one.parent);
      else addDamagedExecution(this.#world, one.key, one.text, one.parent, now);
    }
  }

  /** The index of a parent that the damaged numbers of its child would name. */
  #parentByName({ caller, parentId }: ExecutionText): number {
    if (parentId === undefined) return NO_INDEX;
    const known = this.#world.executions.find(caller, parentId);
    if (known !== NO_INDEX) return known;
    for (const [key, row] of this.#waiting) {
      const text = parseExecutionText(textAt(row));
      if (text.id === parentId && text.caller === caller) return key;
    }
    return NO_INDEX;
  }
}
