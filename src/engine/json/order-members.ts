// Members of an object in the order of their names, in a canonical form that is being written.

/** Below 0 where the first name comes first. `left`, `right`: where members begin in `form`; names without escapes. */
export function compareNames(form: Uint8Array, left: number, right: number): number {
  for (let at = 1; ; at += 1) {
    const one = form[left + at] as number;
    const other = form[right + at] as number;
    if (one !== other) {
      // The quotation mark behind a name is less than any letter of another.
      if (one === 0x22) return -1;
      return other === 0x22 ? 1 : one - other;
    }
    if (one === 0x22) return 0;
  }
}

/**
 * Puts the `count` members that begin at `members[first]` and what follows there in order; the last ends before `end`, what
 * stands behind it is written over. False: a name stands there twice, or they take more than the room behind them.
 */
export function orderMembers(
  form: Uint8Array,
  members: Int32Array,
  first: number,
  count: number,
  end: number,
): boolean {
  const beginOf = (place: number) => (place < count ? (members[first + place] as number) : end + 1);
  const places: number[] = [];
  for (let place = 0; place < count; place += 1) places.push(place);
  places.sort((left, right) => compareNames(form, beginOf(left), beginOf(right)));
  for (let at = 1; at < count; at += 1)
    if (compareNames(form, beginOf(places[at - 1] as number), beginOf(places[at] as number)) === 0)
      return false;
  const begin = beginOf(0);
  if (end + 1 + end - begin > form.length) return false;
  // A copy behind all that is written, from which they are taken one after the other.
  form.copyWithin(end + 1, begin, end);
  const moved = end + 1 - begin;
  let written = begin;
  for (const place of places) {
    if (written > begin) form[written++] = 0x2c;
    const from = beginOf(place);
    const to = beginOf(place + 1) - 1;
    form.copyWithin(written, from + moved, to + moved);
    written += to - from;
  }
  return true;
}
