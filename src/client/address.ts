/** Where a daemon listens unless told otherwise: the default of `TOLLGATE_ADDRESS` in docs/settings.md. */
export const DEFAULT_ADDRESS = "unix:/run/tollgate/agent.sock";

/**
 * The address to dial: the one given, else the environment's `TOLLGATE_ADDRESS`, else the default socket.
 *
 * `unix:PATH` and `HOST:PORT` are understood.
 */
export function findAddress(
  given: string | undefined,
  environment: { readonly [name: string]: string | undefined },
): string {
  const named = given ?? environment["TOLLGATE_ADDRESS"];
  return named === undefined || named === "" ? DEFAULT_ADDRESS : named;
}
