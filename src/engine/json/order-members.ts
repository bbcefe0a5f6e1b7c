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
 * Puts the members that begin at `members[first]` and what follows there in order; the last ends before `end`. False: a name
 * stands there twice.
 */
export function orderMembers(
  form: Uint8Array,
  members: readonly number[],
  first: number,
  end: number,
): boolean {
  const begin = members[first] as number;
  const places = Array.from({ length: members.length - first }, (_, at) => first + at);
  places.sort((left, right) => compareNames(form, members[left] as number, members[right] as number));
  for (let at = 1; at < places.length; at += 1)
    if (
      compareNames(
        form,
        members[places[at - 1] as number] as number,
        members[places[at] as number] as number,
      ) === 0
    )
      return false;
  const copy = form.slice(begin, end);
  let written = begin;
  for (const place of places) {
    if (written > begin) form[written++] = 0x2c;
    const partEnd = place + 1 < members.length ? (members[place + 1] as number) - 1 : end;
    const part = copy.subarray((members[place] as number) - begin, partEnd - begin);
    form.set(part, written);
    written += part.length;
  }
  return true;
}
