/** Closes what was opened, the last first. */
export type Closers = (() => Promise<void> | void)[];

export async function closeAll(closers: Closers): Promise<void> {
  for (let close = closers.pop(); close !== undefined; close = closers.pop()) await close();
}
