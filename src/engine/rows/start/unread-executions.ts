import type { Principal } from "../../../domain/execution.ts";
import type { CallerId } from "../../../domain/ids.ts";
import { NO_OVERRIDES } from "../../../domain/limits.ts";
import type { ExecutionRecord } from "../../executions/execution-record.ts";
import { NO_INDEX } from "../../executions/execution-table.ts";
import type { Member } from "../../executions/table/session-roots.ts";
import type { UnreadRecords } from "../../executions/table/unread.ts";
import { holdsPlace } from "../../gauges/active-places.ts";
import type { World } from "../../world.ts";
import type { ChunkMemory, RowPlace } from "../loaded-rows.ts";
import { type Bounds, boundsOf, countInserted, createRecord } from "../restore-execution.ts";
import { PLACE, PlainTexts } from "./plain-texts.ts";

// Executions that are in memory as the file has them: their numbers in the table, their names as bytes. A start has no use for the
// records of 100,000 executions, and making them takes most of its time; the first who asks for one has it made, and what
// nobody asks for is read in slices after the start (`ExecutionTable.readSome`).

/** What executions with the same caller and principal share. */
interface Shared {
  readonly caller: CallerId;
  readonly principal: Principal;
  readonly bounds: Bounds;
  /** How many of them hold a place and are not read; counted once. */
  active: number;
}

export class UnreadExecutions implements UnreadRecords {
  readonly #world: World;
  readonly #texts = new PlainTexts();
  readonly #shared: Shared[] = [];
  readonly #chunks: ChunkMemory[] = [];
  // By index: chunk, where the text lies in it, and its number among the shared.
  readonly #chunkOf: Int32Array;
  readonly #placeOf: Int32Array;
  readonly #lengthOf: Int32Array;
  readonly #sharedOf: Int32Array;

  constructor(world: World) {
    const { capacity } = world.executions;
    this.#world = world;
    this.#chunkOf = new Int32Array(capacity);
    this.#placeOf = new Int32Array(capacity);
    this.#lengthOf = new Int32Array(capacity);
    this.#sharedOf = new Int32Array(capacity);
  }

  /** Takes an execution up whose numbers and parent are there; false when its text must be read as a whole. */
  take(row: RowPlace, parent: number): boolean {
    const texts = this.#texts;
    if (!texts.open(row)) return false;
    const { key, chunk } = row;
    const number = texts.sharedNumber(row, ({ caller, principal }) => {
      const bounds = boundsOf(this.#world, { principal }, NO_OVERRIDES, NO_OVERRIDES);
      this.#shared.push({ caller, principal, bounds, active: 0 });
    });
    const shared = this.#shared[number] as Shared;
    if (this.#chunks.at(-1) !== chunk) this.#chunks.push(chunk);
    this.#chunkOf[key] = this.#chunks.length - 1;
    this.#placeOf[key] = row.at;
    this.#lengthOf[key] = row.length;
    this.#sharedOf[key] = number;
    this.#world.executions.insertUnread(this, {
      index: key,
      parent,
      limits: shared.bounds.limits,
      caller: shared.caller,
      bytes: chunk.bytes,
      from: texts.starts[PLACE.id] as number,
      to: texts.ends[PLACE.id] as number,
      root: parent === NO_INDEX ? this.#findNamedSession(row, shared) : undefined,
    });
    countInserted(this.#world, key);
    return true;
  }

  /** A root that named its session is looked for by it; one that named none by its own id. */
  #findNamedSession(row: RowPlace, { caller, principal }: Shared): Member | undefined {
    if (this.#texts.isSame(row, PLACE.id, PLACE.session)) return undefined;
    const id = this.#texts.name(row, PLACE.id) ?? "";
    return { index: row.key, caller, id, principal, session: this.#texts.name(row, PLACE.session) ?? "" };
  }

  /** Counts those that nobody asked for yet: their places, once for each principal, and the executions of each reporter. */
  count(): void {
    const { executions, reporters } = this.#world;
    for (let index = 0; index < executions.used; index++) {
      if (!executions.isUnread(index)) continue;
      const reporter = reporters.entries[executions.firstReporter.get(index) - 1];
      if (reporter !== undefined) reporter.executions++;
      if (holdsPlace(this.#world, index)) (this.#shared[this.#sharedOf[index] as number] as Shared).active++;
    }
    for (const { principal, active } of this.#shared)
      if (active > 0) this.#world.places.count(principal, active);
  }

  read(index: number): ExecutionRecord {
    const { executions } = this.#world;
    const parent = executions.parent.get(index);
    const above = parent === NO_INDEX ? undefined : executions.record(parent);
    const row: RowPlace = {
      key: index,
      chunk: this.#chunks[this.#chunkOf[index] as number] as ChunkMemory,
      at: this.#placeOf[index] as number,
      length: this.#lengthOf[index] as number,
    };
    this.#texts.open(row);
    const { caller, principal, bounds } = this.#shared[this.#sharedOf[index] as number] as Shared;
    const text = {
      caller,
      id: this.#texts.name(row, PLACE.id) ?? "",
      session: above?.session ?? this.#texts.name(row, PLACE.session) ?? "",
      principal,
      parentId: above?.id ?? this.#texts.name(row, PLACE.parent),
    };
    return createRecord(this.#world, index, text, parent, bounds);
  }
}
