import { VERSION } from "../version.ts";

export function printVersion(): void {
  process.stdout.write(`tollgate ${VERSION}\n`);
}
