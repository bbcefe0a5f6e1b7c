import { toBinary } from "@bufbuild/protobuf";
import { Metadata, type ServerWritableStream } from "@grpc/grpc-js";
import { TollgateError } from "../../domain/errors.ts";
import type { ApprovalRow } from "../../engine/approvals/approval-table.ts";
import { listApprovals } from "../../engine/approvals/list-approvals.ts";
import type { World } from "../../engine/world.ts";
import {
  type AdminApproval,
  type ApprovalServiceWatchRequest,
  ApprovalServiceWatchResponseSchema,
} from "../../gen/tollgate/admin/v1/approval_service_pb.ts";
import { approvalToProto } from "../convert/approvals.ts";
import { principalToProto } from "../convert/executions.ts";
import type { EngineAccess } from "../engine-access.ts";
import { failStream } from "../handler.ts";
import type { Sent } from "../service-binding.ts";
import { assertStreamRoom } from "../service-context.ts";
import { resetStream } from "../stream/hidden-stream.ts";
import { StreamWriter, type WriterOwner } from "../stream/stream-writer.ts";
import type { TransportObserver } from "../transport-observer.ts";
import type { AdminContext } from "./admin-context.ts";

// Approvals as operators watch them: those that are opened and answered, of every execution.

type Call = ServerWritableStream<unknown, Sent<typeof ApprovalServiceWatchResponseSchema>>;

const PATH = "/tollgate.admin.v1.ApprovalService/Watch";

export function adminApproval(world: World, entry: ApprovalRow): AdminApproval {
  const { caller, principal } = world.executions.record(entry.index);
  return {
    $typeName: "tollgate.admin.v1.AdminApproval",
    approval: approvalToProto(world, entry),
    caller,
    principal: principalToProto(principal),
    etag: approvalEtag(entry),
  };
}

/** Changes with its state. */
export function approvalEtag(entry: ApprovalRow): string {
  return `${entry.approvalId}:${entry.state}`;
}

/** Hands every approval that is opened or answered to the watches. */
export class ApprovalFeed {
  readonly watches = new Set<ApprovalWatch>();

  constructor(host: EngineAccess, observer: TransportObserver) {
    host.onEffect((effect) => {
      if (effect.type !== "pushed" || this.watches.size === 0) return;
      const { type, approvalId } = effect.event;
      if (approvalId === undefined || (type !== "APPROVAL_OPENED" && type !== "APPROVAL_ANSWERED")) return;
      const entry = host.world.approvals.find(approvalId);
      if (entry === undefined) return;
      for (const watch of [...this.watches]) {
        try {
          watch.tell(entry);
        } catch (cause) {
          observer.internalError(PATH, cause);
        }
      }
    });
  }
}

export class ApprovalWatch implements WriterOwner {
  readonly #context: AdminContext;
  readonly #feed: ApprovalFeed;
  readonly #call: Call;
  readonly #writer: StreamWriter;
  readonly #tenant: string | undefined;
  #ended = false;

  /** Serves a call from its start to its end. @throws TollgateError STREAMS_FULL */
  static open(
    context: AdminContext,
    feed: ApprovalFeed,
    request: ApprovalServiceWatchRequest,
    call: Call,
  ): ApprovalWatch {
    assertStreamRoom(context);
    return new ApprovalWatch(context, feed, request, call);
  }

  private constructor(
    context: AdminContext,
    feed: ApprovalFeed,
    request: ApprovalServiceWatchRequest,
    call: Call,
  ) {
    this.#context = context;
    this.#feed = feed;
    this.#call = call;
    this.#tenant = request.tenant;
    this.#writer = new StreamWriter(call, this, context.limits);
    context.counters.watches++;
    context.watches.add(this);
    feed.watches.add(this);
    call.on("cancelled", () => this.#close());
    call.on("close", () => this.#close());
    call.sendMetadata(new Metadata());
    if (request.includeOpen !== true) return;
    const open = listApprovals(
      context.host.world,
      { states: new Set(["open"]) },
      undefined,
      Number.MAX_SAFE_INTEGER,
    );
    for (const entry of open.toReversed()) this.tell(entry);
  }

  tell(entry: ApprovalRow): void {
    if (this.#tenant !== undefined && entry.tenant !== this.#tenant) return;
    const approval = adminApproval(this.#context.host.world, entry);
    const message = { $typeName: "tollgate.admin.v1.ApprovalServiceWatchResponse", approval } as const;
    this.#writer.send(toBinary(ApprovalServiceWatchResponseSchema, message));
  }

  onDrained(): void {
    // Nothing is held back beside the writer's queue.
  }

  onSlowReader(): void {
    this.#fail(new TollgateError("SLOW_READER", "what was written is not read"));
  }

  onStop(): void {
    this.#fail(new TollgateError("DRAINING", "the daemon stops; connect again", { retryAfterMs: 1_000 }));
  }

  #fail(error: TollgateError): void {
    if (this.#ended) return;
    const unread = this.#writer.blocked;
    if (!unread) this.#writer.finish();
    this.#close();
    failStream(this.#call, error, PATH, this.#context);
    if (unread) resetStream(this.#call);
  }

  #close(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#writer.close();
    this.#context.watches.delete(this);
    this.#feed.watches.delete(this);
    this.#context.counters.watches--;
  }
}
