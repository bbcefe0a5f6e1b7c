/**
 * A row of a table that nothing stands in: the last one that became free, else one behind all. Rows of a file come in any order
 * and may take one that was told to be free; it is passed over here, since looking for it there would take as long as there are
 * free rows.
 */
export function takeFreeRow(free: number[], entries: readonly unknown[]): number {
  for (let row = free.pop(); row !== undefined; row = free.pop()) if (entries[row] === undefined) return row;
  return entries.length;
}
