import type { HiddenStream } from "../stream/hidden-stream.ts";

// Node keeps the streams of an HTTP/2 session in a Map. When calls come and go, V8 gives a Map a new table every few dozen of
// them, and the old table names the new one and the streams it held. Once a table has grown old, so has every call after it:
// each is copied twice by the collector and stays in memory until the next full collection (docs/decisions/0034).

const FIRST_PLACES = 64;

/** What Node asks of the Map: streams by their id, with open addressing. Nothing that was taken out is named any more. */
export class SessionStreams<T> {
  /** By place: an id, or 0 where none is. */
  #ids = new Int32Array(FIRST_PLACES);
  #streams = createPlaces<T>(FIRST_PLACES);
  #mask = FIRST_PLACES - 1;
  size = 0;

  get(id: number): T | undefined {
    return this.#streams[this.#find(id)];
  }

  has(id: number): boolean {
    return this.#ids[this.#find(id)] === id;
  }

  set(id: number, stream: T): this {
    if (this.size * 2 > this.#mask) this.#grow();
    const place = this.#find(id);
    if (this.#ids[place] === 0) this.size++;
    this.#put(place, id, stream);
    return this;
  }

  delete(id: number): boolean {
    let free = this.#find(id);
    if (this.#ids[free] !== id) return false;
    this.size--;
    this.#put(free, 0, undefined);
    // Those behind it that were pushed on by it move up.
    for (let place = this.#next(free); this.#ids[place] !== 0; place = this.#next(place)) {
      const moved = this.#ids[place] as number;
      const isBefore = ((place - this.#home(moved)) & this.#mask) < ((place - free) & this.#mask);
      if (isBefore) continue;
      this.#put(free, moved, this.#streams[place]);
      this.#put(place, 0, undefined);
      free = place;
    }
    return true;
  }

  /** `each` may take out streams. */
  forEach(each: (stream: T, id: number) => void): void {
    for (const [stream, id] of this.#all()) each(stream, id);
  }

  #all(): readonly (readonly [T, number])[] {
    const all: (readonly [T, number])[] = [];
    for (const [place, id] of this.#ids.entries()) if (id !== 0) all.push([this.#streams[place] as T, id]);
    return all;
  }

  /** Where an id is, or would be put. */
  #find(id: number): number {
    let place = this.#home(id);
    while (this.#ids[place] !== 0 && this.#ids[place] !== id) place = this.#next(place);
    return place;
  }

  /** Ids of one side are every other number. */
  #home(id: number): number {
    return (id >>> 1) & this.#mask;
  }

  #next(place: number): number {
    return (place + 1) & this.#mask;
  }

  #put(place: number, id: number, stream: T | undefined): void {
    this.#ids[place] = id;
    this.#streams[place] = stream;
  }

  #grow(): void {
    const all = this.#all();
    const places = this.#ids.length * 2;
    this.#ids = new Int32Array(places);
    this.#streams = createPlaces(places);
    this.#mask = places - 1;
    for (const [stream, id] of all) this.#put(this.#find(id), id, stream);
  }
}

function createPlaces<T>(count: number): (T | undefined)[] {
  return new Array<T | undefined>(count).fill(undefined);
}

interface SessionState {
  streams?: Pick<SessionStreams<unknown>, "forEach" | "set">;
}

/** Where Node keeps the state of a session; undefined while it was not looked for, null where it is not. */
let stateKey: symbol | null | undefined;

/** Takes the streams of a call's session out of Node's Map, if that was not done. Where Node keeps them otherwise, nothing happens. */
export function holdStreams({ session }: Pick<HiddenStream, "session">): void {
  if (session === undefined) return;
  if (stateKey === undefined) stateKey = findStateKey(session);
  if (stateKey === null) return;
  const state = (session as { readonly [key: symbol]: SessionState | undefined })[stateKey];
  const before = state?.streams;
  if (state === undefined || before === undefined || before instanceof SessionStreams) return;
  const streams = new SessionStreams<unknown>();
  before.forEach((stream, id) => streams.set(id, stream));
  state.streams = streams;
}

function findStateKey(session: object): symbol | null {
  const keys = Object.getOwnPropertySymbols(session);
  return keys.find((key) => key.description === "state") ?? null;
}
