import { status } from "@grpc/grpc-js";
import { Backoff } from "../src/client/backoff.ts";
import { CallError } from "../src/client/call-error.ts";
import { connectClient, connectService, type TollgateClient } from "../src/client/connect-client.ts";
import type { UnaryMethods } from "../src/client/unary-methods.ts";
import { ApprovalService } from "../src/gen/tollgate/admin/v1/approval_service_pb.ts";
import { ExecutionAdminService } from "../src/gen/tollgate/admin/v1/execution_admin_service_pb.ts";
import type { DaemonPaths } from "./daemon-process.ts";

/** How long the replay waits for a daemon that was killed, ms. */
const PATIENCE_MS = 60_000;

/** Both sockets of the daemon: the agents' and the operator's. */
export interface Session {
  readonly client: TollgateClient;
  readonly executions: UnaryMethods<typeof ExecutionAdminService>;
  readonly approvals: UnaryMethods<typeof ApprovalService>;
  close(): void;
}

export async function openSession(paths: DaemonPaths): Promise<Session> {
  const client = await connectClient({ address: paths.agentAddress, decisionDeadlineMs: 10_000 });
  const executions = connectService(paths.adminAddress, ExecutionAdminService);
  const approvals = connectService(paths.adminAddress, ApprovalService);
  return {
    client,
    executions,
    approvals,
    close: () => {
      client.close();
      executions.close();
      approvals.close();
    },
  };
}

/**
 * Calls again until a daemon answers: one that was killed is back soon. Only for calls that carry an id of their own or
 * change nothing, so that a repeat counts nothing twice. @throws CallError what the daemon said, or that it stays away
 */
export async function insist<T>(call: () => Promise<T>): Promise<T> {
  const backoff = new Backoff();
  const until = Date.now() + PATIENCE_MS;
  for (;;) {
    try {
      return await call();
    } catch (error) {
      if (!(error instanceof CallError) || !isInterrupted(error) || Date.now() > until) throw error;
      await backoff.wait();
    }
  }
}

const INTERRUPTED: ReadonlySet<status> = new Set([
  status.UNAVAILABLE,
  status.DEADLINE_EXCEEDED,
  status.CANCELLED,
  status.INTERNAL,
  status.UNKNOWN,
]);

/** The connection broke before the daemon could say anything, or it said that it is going away. */
function isInterrupted(error: CallError): boolean {
  return error.reason === "DRAINING" || (error.reason === undefined && INTERRUPTED.has(error.code));
}
