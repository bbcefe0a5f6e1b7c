import type { DaemonPaths } from "./daemon-process.ts";

const SERVICE = "tollgate.enforcement.v1.EnforcementService";

/** What a person can try while the daemon is left running. The same commands stand in README.md. */
export function nextCommands(paths: DaemonPaths, pid: number): string {
  const socket = paths.agentAddress.slice("unix:".length);
  const call = (method: string, body: object) =>
    `  node_modules/.bin/buf curl --schema proto --protocol grpc --http2-prior-knowledge \\\n` +
    `    --unix-socket ${socket} --data '${JSON.stringify(body)}' \\\n    http://localhost/${SERVICE}/${method}\n`;
  return [
    `The daemon goes on (pid ${pid}); Ctrl-C stops it. Try in another terminal:`,
    "",
    call("RegisterExecution", { executionId: "mine", limits: { maxSteps: 1 } }),
    call("Charge", { executionId: "mine", intent: { step: { name: "search" } } }),
    "The first charge is allowed. Repeat it: it is refused, and says which limit and who may change it.",
  ].join("\n");
}
