import type { ServerDuplexStream } from "@grpc/grpc-js";
import { invalidField, TollgateError } from "../../domain/errors.ts";
import type { Detail } from "../../domain/intent.ts";
import type { Now } from "../../domain/time.ts";
import type { ExecutionRecord } from "../../engine/executions/execution-record.ts";
import {
  applyBatch,
  type BatchAnswer,
  completeInStream,
  skipRange,
} from "../../engine/reports/apply-batch.ts";
import { openReporter } from "../../engine/reports/open-reporter.ts";
import type { ReporterRow } from "../../engine/reports/reporter-table.ts";
import type { World } from "../../engine/world.ts";
import type { SkipRange } from "../../gen/tollgate/enforcement/v1/report_pb.ts";
import type {
  CompleteExecution,
  Hello,
  StreamUsageRequestSchema,
  StreamUsageResponseSchema,
} from "../../gen/tollgate/enforcement/v1/stream_pb.ts";
import type { UsageBatch } from "../../gen/tollgate/enforcement/v1/usage_pb.ts";
import { detailFromProto } from "../convert/decisions.ts";
import { welcomeToProto } from "../convert/reports.ts";
import { countDecision } from "../counters.ts";
import { failStream } from "../handler.ts";
import { principalFromProto } from "../pinned-identity.ts";
import type { Sent, Unread } from "../service-binding.ts";
import { assertStreamRoom, type ServiceContext } from "../service-context.ts";
import { judgeAfter } from "../sockets/judge-after.ts";
import { READ_AHEAD_MESSAGES } from "../transport-limits.ts";
import { assertBatch, HELLO_RULE } from "../validate/batch-rules.ts";
import { assertValid, requiredId } from "../validate/rules.ts";
import type { EventSink, PushedEvent } from "./event-hub.ts";
import { boundReadAhead, resetStream } from "./hidden-stream.ts";
import { encode, PendingAnswers, withRemaining } from "./pending-answers.ts";
import type { WaitingReader } from "./reading-turns.ts";
import { ReportedExecutions } from "./reported-executions.ts";
import { assertWindow, sequenceOf } from "./sequences.ts";
import type { ReporterStream } from "./stream-registry.ts";
import { StreamWriter, type WriterOwner } from "./stream-writer.ts";

// One stream of reports. A message is applied in the turn it arrives in; what is to be said of it waits for the end of the
// turn, so that many messages share one answer, and for the next durable cut. No closure and no promise per message.

type Call = ServerDuplexStream<
  Unread<typeof StreamUsageRequestSchema>,
  Sent<typeof StreamUsageResponseSchema>
>;

const PATH = "/tollgate.enforcement.v1.EnforcementService/StreamUsage";

export class UsageStream implements ReporterStream, EventSink, WriterOwner, WaitingReader {
  lastMessageMs: number;
  readonly #context: ServiceContext;
  readonly #call: Call;
  readonly #writer: StreamWriter;
  readonly #executions: ReportedExecutions;
  readonly #pending = new PendingAnswers();
  readonly #helloTimer: NodeJS.Timeout;
  #reporter: ReporterRow | undefined;
  #session = 0;
  #detail: Detail = "MINIMAL";
  #batch: UsageBatch | undefined;
  /** Waits for the next turn of the event loop. */
  #deferred: Unread<typeof StreamUsageRequestSchema> | undefined;
  #scheduled = false;
  #lookingUp = false;
  #halfClosed = false;
  #ended = false;

  /** Serves a call from its start to its end. @throws TollgateError STREAMS_FULL */
  static open(context: ServiceContext, call: Call): UsageStream {
    assertStreamRoom(context);
    return new UsageStream(context, call);
  }

  private constructor(context: ServiceContext, call: Call) {
    this.#context = context;
    this.#call = call;
    this.#writer = new StreamWriter(call, this, context.limits);
    this.#executions = new ReportedExecutions(context, this);
    this.lastMessageMs = context.host.now().monoMs;
    context.counters.usageStreams++;
    context.streams.open(this);
    const { firstMessageMs } = context.limits;
    this.#helloTimer = judgeAfter(firstMessageMs, () => {
      if (this.#reporter !== undefined || this.#deferred !== undefined) return;
      this.#fail(new TollgateError("HELLO_REQUIRED", `no hello came within ${firstMessageMs} ms`));
    });
    boundReadAhead(call, READ_AHEAD_MESSAGES);
    call.on("data", (unread) => this.#onMessage(unread));
    call.on("end", () => this.#onHalfClose());
    call.on("cancelled", () => this.#close());
    call.on("close", () => this.#close());
  }

  #onMessage(unread: Unread<typeof StreamUsageRequestSchema>): void {
    if (this.#ended) return;
    if (this.#context.streams.turns.defers(this)) {
      this.#deferred = unread;
      this.#adjustReading();
    } else this.#read(unread);
  }

  readOn(): void {
    const unread = this.#deferred;
    this.#deferred = undefined;
    if (unread === undefined || this.#ended) return;
    this.#read(unread);
    if (this.#halfClosed) this.#onHalfClose();
    this.#adjustReading();
  }

  #read(unread: Unread<typeof StreamUsageRequestSchema>): void {
    try {
      const { message } = unread.read();
      if (message.case === "usageBatch") this.#onBatch(message.value);
      else if (message.case === "hello") this.#onHello(message.value);
      else if (message.case === "completeExecution") this.#onComplete(message.value);
      else if (message.case === "skipRange") this.#onSkip(message.value);
      else
        throw new TollgateError("FIELD_REQUIRED", "message is required", {
          fields: [{ field: "message", description: "is required" }],
        });
      this.#context.streams.turns.note(this.lastMessageMs);
    } catch (error) {
      this.#fail(error);
    }
  }

  #onHello(hello: Hello): void {
    if (this.#reporter !== undefined) throw invalidField("hello", "comes once, as the first message");
    assertValid(hello, HELLO_RULE);
    const { host, pinned, caller, storeInfo, info, streams } = this.#context;
    const { reporterId, epoch, resume = false, durableSeen = 0n } = hello;
    const opening = {
      reporterId,
      epoch,
      resume,
      durableSeen: sequenceOf(durableSeen, "hello.durable_seen"),
      principal: principalFromProto(hello.principal, pinned, "hello.principal"),
    };
    // The older stream of this reporter ends within this turn: its undelivered messages are dropped before the welcome.
    const reporter = host.turn((world, now) => {
      this.lastMessageMs = now.monoMs;
      return openReporter(world, caller, opening, now);
    });
    clearTimeout(this.#helloTimer);
    this.#reporter = reporter;
    this.#session = reporter.session;
    this.#detail = detailFromProto(hello.detail);
    streams.attach(reporter.row, this);
    this.#pending.told(reporter);
    this.#writer.send(
      encode({ case: "welcome", value: welcomeToProto(reporter, storeInfo().storeId, info.startedAt) }),
    );
    this.#adjustReading();
  }

  #onBatch(batch: UsageBatch): void {
    const reporter = this.#current();
    const reports = assertBatch(batch, "usage_batch");
    assertWindow(reporter, batch);
    this.#context.counters.batches++;
    this.#context.counters.reports += reports;
    const missing = this.#executions.note(batch.groups);
    this.#batch = batch;
    if (missing.length > 0) void this.#lookUp(missing);
    else this.#apply();
  }

  /** Late reports: executions that only the file knows are taken up again first; reading pauses, so order is kept. */
  async #lookUp(missing: readonly string[]): Promise<void> {
    const { completed, caller } = this.#context;
    this.#lookingUp = true;
    this.#adjustReading();
    try {
      for (const id of missing) await completed.restore(caller, id);
      if (this.#ended) return;
      this.#current();
      this.#apply();
    } catch (error) {
      this.#fail(error);
    } finally {
      this.#lookingUp = false;
      this.#adjustReading();
      if (this.#halfClosed) this.#schedule();
    }
  }

  #apply(): void {
    const answer = this.#context.host.turn(this.#applyVerb);
    this.#batch = undefined;
    const { counters } = this.#context;
    counters.duplicates += answer.duplicates;
    counters.rejected += answer.rejected.length;
    for (const { decision, route } of answer.decisions) countDecision(counters, "report", decision, route);
    this.#pending.take(answer);
    this.#schedule();
  }

  readonly #applyVerb = (world: World, now: Now): BatchAnswer => {
    const reporter = this.#reporter as ReporterRow;
    this.lastMessageMs = now.monoMs;
    const answer = applyBatch(world, reporter, (this.#batch as UsageBatch).groups, now);
    return this.#detail === "MINIMAL" ? answer : withRemaining(world, reporter, answer, now);
  };

  #onComplete(message: CompleteExecution): void {
    const reporter = this.#current();
    const sequence = sequenceOf(message.sequence, "complete_execution.sequence");
    if (requiredId(message.executionId) !== undefined) {
      throw invalidField("complete_execution.execution_id", "1 to 128 visible ASCII characters");
    }
    const duplicate = !this.#context.host.turn((world, now) =>
      completeInStream(world, reporter, sequence, message.executionId, now),
    );
    if (duplicate) this.#context.counters.duplicates++;
    this.lastMessageMs = this.#context.host.now().monoMs;
    this.#pending.take({
      duplicates: duplicate ? 1 : 0,
      rejected: [],
      decisions: [],
      throughSequence: sequence,
      indexes: [],
    });
    this.#schedule();
  }

  #onSkip(range: SkipRange): void {
    const reporter = this.#current();
    const from = sequenceOf(range.from, "skip_range.from");
    const to = sequenceOf(range.to, "skip_range.to");
    this.#context.host.turn((world, now) => skipRange(world, reporter, from, to, now));
    this.#pending.takeOther();
    this.lastMessageMs = this.#context.host.now().monoMs;
    this.#schedule();
  }

  /** The reporter, as long as this stream is its current one. */
  #current(): ReporterRow {
    const reporter = this.#reporter;
    if (reporter === undefined)
      throw new TollgateError("HELLO_REQUIRED", "the first message must be a hello");
    if (reporter.session !== this.#session || reporter.fenced) throw superseded(reporter);
    return reporter;
  }

  #schedule(): void {
    if (!this.#scheduled) {
      this.#scheduled = true;
      this.#context.streams.schedule(this);
    }
    this.#adjustReading();
  }

  flush(): void {
    this.#scheduled = false;
    const reporter = this.#reporter;
    if (this.#ended || reporter === undefined || this.#writer.blocked) return;
    try {
      for (const bytes of this.#pending.encode(reporter, this.#detail)) this.#writer.send(bytes);
      this.#writer.flush();
    } catch (error) {
      return this.#fail(error);
    }
    this.#adjustReading();
    if (this.#halfClosed) this.#endWhenDurable(reporter);
  }

  #onHalfClose(): void {
    if (this.#ended) return;
    this.#halfClosed = true;
    // The last message may wait still: its turn comes back here.
    if (this.#deferred !== undefined) return;
    if (this.#reporter === undefined)
      this.#fail(new TollgateError("HELLO_REQUIRED", "the stream ended before its hello"));
    else this.#schedule();
  }

  /** The client has said everything: it is told that all of it is durable, then the stream ends. */
  #endWhenDurable(reporter: ReporterRow): void {
    const waits = reporter.durableFloor < reporter.floor && !this.#context.host.world.store.failing;
    if (waits || this.#deferred !== undefined || this.#lookingUp || this.#writer.blocked) return;
    this.#writer.finish();
    this.#close();
    this.#call.end();
  }

  onEvent(pushed: PushedEvent, record: ExecutionRecord): void {
    this.#writer.send(pushed.forStream);
    if (pushed.event.type === "COMPLETED") this.#executions.ended(record);
  }

  onDrained(): void {
    this.flush();
    this.#adjustReading();
  }

  onStoreState(): void {
    this.#adjustReading();
    if (this.#halfClosed) this.#schedule();
  }

  tell(bytes: Uint8Array): void {
    if (this.#reporter !== undefined) this.#writer.send(bytes);
  }

  onSuperseded(): void {
    if (this.#reporter !== undefined) this.#fail(superseded(this.#reporter));
  }

  onIdle(): void {
    this.#fail(
      new TollgateError(
        "STREAM_IDLE",
        `nothing came for ${this.#context.limits.streamIdleMs} ms; connect again and resume`,
      ),
    );
  }

  onSlowReader(): void {
    this.#fail(new TollgateError("SLOW_READER", "what was written is not read"));
  }

  onStop(): void {
    this.#fail(
      new TollgateError("DRAINING", "the daemon stops; connect again and resume", { retryAfterMs: 1_000 }),
    );
  }

  /** Reading pauses while a message waits, the peer does not read, the file takes nothing more, or an execution is looked up. */
  #adjustReading(): void {
    if (this.#ended) return;
    const waits = this.#deferred !== undefined || this.#lookingUp;
    const pause = waits || this.#writer.blocked || this.#context.host.world.store.blocking;
    if (pause === this.#call.isPaused()) return;
    if (pause) this.#call.pause();
    else this.#call.resume();
  }

  #fail(error: unknown): void {
    if (this.#ended) return;
    const unread = this.#writer.blocked;
    if (!unread) this.#writer.finish();
    this.#close();
    failStream(this.#call, error, PATH, this.#context);
    if (unread) resetStream(this.#call);
    // What the client still sends is thrown away.
    else this.#call.resume();
  }

  #close(): void {
    if (this.#ended) return;
    this.#ended = true;
    clearTimeout(this.#helloTimer);
    this.#writer.close();
    this.#executions.close();
    this.#context.streams.close(this, this.#reporter?.row);
    this.#context.counters.usageStreams--;
  }
}

function superseded(reporter: ReporterRow): TollgateError {
  return new TollgateError(
    "REPORTER_SUPERSEDED",
    `a newer stream or epoch of reporter ${reporter.reporterId} has taken over`,
  );
}
