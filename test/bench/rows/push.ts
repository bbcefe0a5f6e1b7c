import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { Client, type ClientReadableStream, credentials } from "@grpc/grpc-js";
import { connectService } from "../../../src/client/connect-client.ts";
import { ExecutionAdminService } from "../../../src/gen/tollgate/admin/v1/execution_admin_service_pb.ts";
import {
  WatchExecutionRequestSchema,
  WatchExecutionResponseSchema,
} from "../../../src/gen/tollgate/enforcement/v1/event_pb.ts";
import { type Budget, budget } from "../measure/budget.ts";
import { figureOf } from "../measure/pairs.ts";
import { idOf } from "../servers/fixture.ts";
import { ServerChild } from "../servers/server-child.ts";
import type { Row } from "./row.ts";

// How long an operator's halt takes to its last watcher (promise P5): twenty trees of one agent, halted by one call.

const PATH = "/tollgate.enforcement.v1.EnforcementService/WatchExecution";
/** Two hundred trees: twenty for each of ten agents, so that every round halts others. */
const EXECUTIONS = 2_000;
const AGENTS = 10;
const ROOTS = 20;
const TREE = 10;
const STREAMS_PER_CONNECTION = 50;
const asIs = (bytes: Buffer): Buffer => bytes;

export const pushRow: Row = {
  ids: ["halt-push-100", "halt-push-1000"],
  measure: async ({ pairs }) => {
    const budgets: Budget[] = [];
    for (const watchers of [100, 1_000]) {
      const daemon = await ServerChild.startDaemon({ executions: EXECUTIONS });
      const last: number[] = [];
      for (let agent = 0; agent < Math.min(pairs, AGENTS); agent++) {
        last.push(await haltWatched(daemon, agent, watchers));
      }
      await daemon.stop();
      const what = `halt by an operator to the last of ${watchers} watchers`;
      budgets.push(budget(`halt-push-${watchers}`, what, figureOf(last), "ms", { atMost: 50 }));
    }
    return budgets;
  },
};

/** From the call to the last watcher's event, ms. */
async function haltWatched(daemon: ServerChild, agent: number, watchers: number): Promise<number> {
  const clients: Client[] = [];
  const calls: ClientReadableStream<Buffer>[] = [];
  const halted: Promise<number>[] = [];
  const ready: Promise<void>[] = [];
  for (let at = 0; at < watchers; at++) {
    if (at % STREAMS_PER_CONNECTION === 0) {
      const options = { "grpc.use_local_subchannel_pool": 1 };
      clients.push(new Client(daemon.target, credentials.createInsecure(), options));
    }
    const tree = agent + AGENTS * (at % ROOTS);
    const request = create(WatchExecutionRequestSchema, { executionId: idOf(tree * TREE) });
    const bytes = Buffer.from(toBinary(WatchExecutionRequestSchema, request));
    const call = (clients.at(-1) as Client).makeServerStreamRequest(PATH, asIs, asIs, bytes);
    calls.push(call);
    ready.push(new Promise((resolve) => call.once("data", () => resolve())));
    halted.push(firstHalt(call));
  }
  await Promise.all(ready);
  const admin = connectService(`unix:${daemon.directory}/admin.sock`, ExecutionAdminService);
  const startMs = performance.now();
  const selector = { tenant: "acme", agent: `agent-${agent}` };
  const answer = admin.halt({ target: { target: { case: "selector", value: selector } } });
  const lastMs = Math.max(...(await Promise.all(halted)));
  await answer;
  admin.close();
  for (const call of calls) call.cancel();
  for (const client of clients) client.close();
  return lastMs - startMs;
}

function firstHalt(call: ClientReadableStream<Buffer>): Promise<number> {
  return new Promise((resolve, reject) => {
    call.on("data", (bytes: Buffer) => {
      const { message } = fromBinary(WatchExecutionResponseSchema, bytes);
      if (message.case === "event" && message.value.payload.case === "halt") resolve(performance.now());
    });
    call.on("error", reject);
  });
}
