import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { status } from "@grpc/grpc-js";
import type { Decisions, Progress } from "../../gen/tollgate/enforcement/v1/report_pb.ts";
import {
  type FlowNotice,
  StreamUsageRequestSchema,
  type StreamUsageResponse,
  type Welcome,
} from "../../gen/tollgate/enforcement/v1/stream_pb.ts";
import {
  UsageSchema,
  type UsageSchema as UsageSchemaType,
} from "../../gen/tollgate/enforcement/v1/usage_pb.ts";
import { answerFrom } from "../answer.ts";
import { Backoff } from "../backoff.ts";
import { CallError } from "../call-error.ts";
import type { TollgateClient } from "../connect-client.ts";
import { MessagesInFlight } from "./messages-in-flight.ts";
import { nextMessage } from "./report-batch.ts";
import {
  KEPT_BYTES_MAX,
  KEPT_REPORTS_MAX,
  ReportBuffer,
  type ReportSubject,
  sizeOf,
} from "./report-buffer.ts";
import { ReportStream } from "./report-stream.ts";
import { ReporterEpoch } from "./reporter-epoch.ts";
import { ReporterError, type ReporterNotice, type ReporterOptions } from "./reporter-options.ts";
import { WaitingLine } from "./waiting-line.ts";

// Exactly-once reporting: contiguous sequences, kept until durable and 10 s longer, sent again from the floor that the
// daemon names. What is kept lives in report-buffer.ts, messages are cut in report-batch.ts, epochs in reporter-epoch.ts.

/** What the daemon takes as one report, bytes. */
const REPORT_MAX_BYTES = 8_192;
/** How often what has long been durable is forgotten, ms. */
const FORGET_EVERY_MS = 1_000;

/** Statuses that waiting does not help. */
const FINAL: ReadonlySet<status> = new Set([
  status.INVALID_ARGUMENT,
  status.PERMISSION_DENIED,
  status.UNAUTHENTICATED,
  status.UNIMPLEMENTED,
  status.ABORTED,
  status.ALREADY_EXISTS,
]);

/** Reports usage of any number of executions, exactly once. One per process and reporter id. */
export class Reporter {
  readonly #client: TollgateClient;
  readonly #options: ReporterOptions;
  readonly #epoch: ReporterEpoch;
  readonly #buffer: ReportBuffer;
  readonly #backoff = new Backoff();
  readonly #inFlight = new MessagesInFlight();
  readonly #durable = new WaitingLine();
  readonly #room = new WaitingLine();
  readonly #opening = Promise.withResolvers<number>();
  readonly #forgetTimer: NodeJS.Timeout;
  #stream: ReportStream | undefined;
  #isWelcome = false;
  #isBlocked = false;
  #isPumpDue = false;
  #isClosed = false;
  #failure: ReporterError | undefined;
  /** Number of the next report to send. */
  #next = 1;
  #bounds = { maxBatchReports: 1, maxBatchBytes: REPORT_MAX_BYTES, window: 1 };
  #storeId: string | undefined;
  #skips: { readonly from: number; readonly to: number }[] = [];
  /** Turns of callers that wait for room, so that they stay in order. */
  #turn = 0;
  #turnsServed = 0;
  #retryTimer: NodeJS.Timeout | undefined;

  constructor(client: TollgateClient, options: ReporterOptions) {
    this.#client = client;
    this.#options = options;
    this.#epoch = new ReporterEpoch(options.epoch);
    const maxReports = Math.min(options.maxReports ?? KEPT_REPORTS_MAX, KEPT_REPORTS_MAX);
    this.#buffer = new ReportBuffer(maxReports, Math.min(options.maxBytes ?? KEPT_BYTES_MAX, KEPT_BYTES_MAX));
    this.#opening.promise.catch(() => {});
    this.#forgetTimer = setInterval(() => this.#buffer.forgetOld(performance.now()), FORGET_EVERY_MS).unref();
    this.#connect();
  }

  /** Resolves at the first welcome with the number of the last report that the daemon has already: 0 for a new epoch. */
  opened(): Promise<number> {
    return this.#opening.promise;
  }

  /** Number of the newest report. */
  get last(): number {
    return this.#buffer.last;
  }

  /** Everything up to this number is in the daemon's file. */
  get durableThrough(): number {
    return this.#buffer.durableThrough;
  }

  /** True once nothing more is sent, after close, stop or a failure. */
  get isClosed(): boolean {
    return this.#isClosed || this.#failure !== undefined;
  }

  /**
   * Reports what was used. Resolves with the report's number as soon as it is kept; it is sent, and sent again, until it
   * is durable. Order is the order of the calls.
   *
   * @throws ReporterError BUFFER_FULL with `onFull: error` · REPORT_TOO_LARGE · why the reporter stopped
   */
  async report(subject: ReportSubject, usage: MessageInitShape<typeof UsageSchemaType>): Promise<number> {
    const message = create(UsageSchema, usage);
    const bytes = sizeOf(message);
    if (bytes > REPORT_MAX_BYTES)
      throw new ReporterError(
        "REPORT_TOO_LARGE",
        `a report has at most ${REPORT_MAX_BYTES} bytes, this one ${bytes}`,
      );
    return await this.#enter(bytes, () => this.#buffer.addUsage(subject, message));
  }

  /** Ends an execution, in order with its reports. @throws ReporterError as report */
  async complete(executionId: string): Promise<number> {
    return await this.#enter(executionId.length, () => this.#buffer.addComplete(executionId));
  }

  /** Gives reports up, by the numbers that `report()` gave: they are not sent again, and the daemon is told. */
  skip(from: number, to: number): void {
    if (!(from >= 1 && to >= from && to <= this.last))
      throw new RangeError(`skip: 1 <= from <= to <= ${this.last}, not ${from} to ${to}`);
    this.#buffer.giveUp(from, to);
    this.#skips.push({ from, to });
    if (this.#isWelcome) this.#sendSkip(from, to);
    this.#pumpSoon();
  }

  /** Resolves when report `number` and all before it are durable. @throws ReporterError why the reporter stopped */
  async whenDurable(number: number): Promise<void> {
    if (number <= this.durableThrough) return;
    this.#assertRunning();
    await this.#durable.wait(number);
  }

  /** Resolves when everything reported so far is durable. @throws ReporterError why the reporter stopped */
  async flush(): Promise<void> {
    await this.whenDurable(this.last);
  }

  /** Flushes, then ends the stream. Executions stay as they are. @throws ReporterError why the reporter stopped */
  async close(): Promise<void> {
    if (this.isClosed) return;
    await this.flush();
    this.#stream?.finish();
    this.stop();
  }

  /** Ends at once; what is not durable yet may be lost. */
  stop(): void {
    this.#end(new ReporterError("REPORTER_CLOSED", "the reporter was closed"));
    this.#isClosed = true;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #assertRunning(): void {
    if (this.#failure !== undefined) throw this.#failure;
  }

  /** Adds one entry as soon as there is room, in the order of the calls. */
  async #enter(bytes: number, add: () => number): Promise<number> {
    if (this.#options.epoch !== undefined && this.#storeId === undefined) await this.#opening.promise;
    this.#assertRunning();
    const isFirstInLine = this.#turn === this.#turnsServed;
    if (!isFirstInLine || !this.#buffer.makeRoom(bytes)) {
      if (this.#options.onFull === "error") throw bufferFull(this.#buffer);
      const turn = ++this.#turn;
      do await this.#room.wait(turn);
      while (!this.#buffer.makeRoom(bytes));
      this.#turnsServed = turn;
      this.#room.advance(turn + 1);
    }
    // Adding happens in the same turn of the event loop as finding room: nobody can come between.
    const number = add();
    this.#pumpSoon();
    return number;
  }

  #connect(): void {
    const { reporterId, principal, detail } = this.#options;
    const hello = {
      reporterId,
      epoch: this.#epoch.epoch,
      resume: this.#epoch.hasSent,
      durableSeen: BigInt(this.#epoch.durableSeen),
      ...(principal === undefined ? {} : { principal }),
      ...(detail === undefined ? {} : { detail }),
    };
    this.#isWelcome = false;
    this.#isBlocked = false;
    this.#inFlight.clear();
    this.#stream = new ReportStream(this.#client.channel, hello, {
      onMessage: (message) => this.#receive(message),
      onDrain: () => {
        this.#isBlocked = false;
        this.#pump();
      },
      onEnd: (error) => this.#lose(error),
    });
  }

  #receive(message: StreamUsageResponse["message"]): void {
    this.#client.unattended.noteContact();
    switch (message.case) {
      case "welcome":
        return this.#welcome(message.value);
      case "progress":
        return this.#progress(message.value);
      case "decisions":
        return this.#decide(message.value);
      case "event":
        return this.#options.onEvent?.(message.value);
      case "flowNotice":
        return this.#flow(message.value);
      case undefined:
        return;
    }
  }

  #welcome(welcome: Welcome): void {
    const floor = Number(welcome.floor);
    const number = this.#epoch.base + floor;
    const { maxBatchReports, maxBatchBytes, window } = welcome;
    this.#bounds = { maxBatchReports, maxBatchBytes, window };
    this.#buffer.maxReports = Math.min(this.#buffer.maxReports, window);
    if (this.#options.epoch !== undefined && this.#storeId === undefined && this.#buffer.last === 0)
      this.#buffer.startAfter(number);
    if (number < this.#buffer.durableThrough) {
      this.#notice({ kind: "data_loss", floor: welcome.floor, durableSeen: BigInt(this.#epoch.durableSeen) });
      this.#buffer.noteLost(number);
    }
    this.#storeId = welcome.storeId;
    if (!this.#closeGap(number)) return;
    this.#isWelcome = true;
    this.#backoff.reset();
    this.#next = Math.max(number + 1, this.#buffer.first);
    this.#skips = this.#skips.filter(({ to }) => to > number);
    for (const { from, to } of this.#skips) this.#sendSkip(Math.max(from, number + 1), to);
    this.#noteDurable(Number(welcome.durableThrough));
    this.#notice({ kind: "connected", floor: welcome.floor, storeId: welcome.storeId });
    this.#opening.resolve(number);
    this.#pump();
  }

  /** False when reports are missing that nobody gave up: the reporter has stopped. */
  #closeGap(floorNumber: number): boolean {
    const from = floorNumber + 1;
    const to = this.#buffer.first - 1;
    if (from > to) return true;
    if (this.#options.onGap?.({ from, to }) === "skip") {
      this.#skips.push({ from, to });
      return true;
    }
    this.#end(
      new ReporterError(
        "REPORTS_MISSING",
        `the daemon lacks reports ${from} to ${to}, which are no longer kept: answer onGap with "skip" to give them up`,
      ),
    );
    return false;
  }

  #progress(progress: Progress): void {
    this.#inFlight.accept(this.#epoch.base + Number(progress.acceptedThrough));
    this.#noteDurable(Number(progress.durableThrough));
    for (const rejected of progress.rejected) this.#options.onRejected?.(rejected);
    this.#pump();
  }

  #noteDurable(sequence: number): void {
    this.#epoch.noteDurable(sequence);
    const before = this.#buffer.durableThrough;
    this.#buffer.noteDurable(this.#epoch.base + sequence, performance.now());
    if (this.#buffer.durableThrough === before) return;
    this.#durable.advance(this.#buffer.durableThrough);
    this.#room.advance(this.#turnsServed + 1);
  }

  #decide(decisions: Decisions): void {
    for (const told of decisions.decisions)
      this.#options.onDecision?.(told.executionId, answerFrom(told.decision), told);
  }

  #flow({ notice }: FlowNotice): void {
    if (notice.case === "windowChanged") {
      this.#bounds.window = notice.value.window;
      this.#pump();
    } else if (notice.case === "draining") this.#notice({ kind: "draining" });
  }

  #pumpSoon(): void {
    if (this.#isPumpDue) return;
    this.#isPumpDue = true;
    // Reports of one turn share a message.
    setImmediate(() => {
      this.#isPumpDue = false;
      this.#pump();
    });
  }

  #pump(): void {
    while (this.#isWelcome && !this.#isBlocked && !this.#inFlight.isFull) {
      const through = Math.min(this.#buffer.last, this.#buffer.durableThrough + this.#bounds.window);
      const next = nextMessage(this.#buffer, this.#next, through, this.#epoch.base, this.#bounds);
      if (next === undefined) return;
      this.#epoch.noteSent();
      this.#next = next.through + 1;
      this.#inFlight.add(next.through, next.bytes);
      this.#isBlocked = this.#stream?.write(next.message) === false;
    }
  }

  #sendSkip(from: number, to: number): void {
    const value = { from: BigInt(from - this.#epoch.base), to: BigInt(to - this.#epoch.base) };
    this.#epoch.noteSent();
    this.#stream?.write(create(StreamUsageRequestSchema, { message: { case: "skipRange", value } }));
  }

  /** The connection is gone: another one, unless waiting does not help. */
  #lose(error: CallError | undefined): void {
    this.#isWelcome = false;
    this.#stream = undefined;
    if (this.isClosed) return;
    const cause = error ?? new CallError(status.UNAVAILABLE, "the daemon ended the stream");
    if (cause.reason === "REPORTER_UNKNOWN" || cause.reason === "ROW_DAMAGED") return this.#restart(cause);
    if (FINAL.has(cause.code))
      return this.#end(new ReporterError(cause.reason ?? status[cause.code], cause.message, cause));
    this.#notice({ kind: "disconnected", cause });
    this.#retryTimer = setTimeout(() => this.#connect(), this.#backoff.next());
  }

  #restart(cause: CallError): void {
    const done = this.#epoch.restart(this.#buffer.first);
    if (done === "stop") return this.#end(new ReporterError("REPORTER_UNKNOWN", cause.message, cause));
    if (done === "new_epoch") {
      this.#buffer.noteLost(this.#epoch.base);
      // A gap behind the first kept report stays one in the new epoch.
      this.#skips = this.#skips.filter(({ to }) => to > this.#epoch.base);
      this.#notice({ kind: "new_epoch", epoch: this.#epoch.epoch });
    }
    this.#connect();
  }

  #notice(notice: ReporterNotice): void {
    this.#options.onNotice?.(notice);
  }

  #end(error: ReporterError): void {
    if (this.isClosed) return;
    this.#failure = error;
    clearInterval(this.#forgetTimer);
    clearTimeout(this.#retryTimer);
    this.#isWelcome = false;
    if (error.reason !== "REPORTER_CLOSED") this.#stream?.cancel();
    this.#stream?.finish();
    this.#opening.reject(error);
    this.#durable.fail(error);
    this.#room.fail(error);
  }
}

function bufferFull({ maxReports, maxBytes }: ReportBuffer): ReporterError {
  return new ReporterError(
    "BUFFER_FULL",
    `${maxReports} reports or ${maxBytes} bytes are kept, as many as may be, and none of them is durable`,
  );
}

/** Starts a reporter: it connects by itself, and again whenever the connection breaks. */
export function createReporter(client: TollgateClient, options: ReporterOptions): Reporter {
  return new Reporter(client, options);
}
