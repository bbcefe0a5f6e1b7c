const placeholder = /^(?:%[a-z](?![0-9a-f])|[$<{*.:-]|$)/i;

/** Whether a template left its mark in the place of a host, `http://{host}/`: nobody can connect to that. */
export function isPlaceholder(authority: string): boolean {
  return placeholder.test(authority);
}
