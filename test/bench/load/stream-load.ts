import type { ClientHttp2Session } from "node:http2";
import { fromBinary } from "@bufbuild/protobuf";
import { StreamUsageResponseSchema } from "../../../src/gen/tollgate/enforcement/v1/stream_pb.ts";
import type { ServerChild } from "../servers/server-child.ts";
import { BareStream, openSession } from "./bare-stream.ts";
import { Latencies, pace } from "./latencies.ts";
import { createHello, fillTemplate, type Template } from "./messages.ts";

// Streams of reports of one process against one server. They stay open between runs: sequences go on.

const PATH = "/tollgate.enforcement.v1.EnforcementService/StreamUsage";
/** An agent reports for its own executions: what is sent n-th goes to the stream of n's remainder. */
export const STREAMS = 8;
const STREAMS_PER_CONNECTION = 4;
const MESSAGES_IN_FLIGHT = 16;
/** Below the daemon's window of 10,000. */
const UNDURABLE_MAX = 8_000;

export interface StreamRun {
  readonly reportsPerSecond: number;
  /** CPU of the server's main thread per report, µs. */
  readonly cpuUs: number;
}

/** One stream: what was sent, answered and is durable. */
class Reporter {
  sent = 0;
  answered = 0;
  durable = 0;
  onAnswer: () => void = () => undefined;
  readonly waiting: { readonly through: number; readonly dueMs: number }[] = [];
  latencies: Latencies | undefined;
  readonly #stream: BareStream;

  constructor(session: ClientHttp2Session, name: string) {
    this.#stream = new BareStream(session, PATH, (bytes) => this.#onAnswer(bytes));
    this.#stream.write(createHello(name));
  }

  send(template: Template, dueMs: number): void {
    // Each stream has templates of its own, more than it has messages in flight: none is changed before it was read.
    const isBehind = this.sent - this.answered > MESSAGES_IN_FLIGHT * template.reports;
    const framed = isBehind ? Buffer.from(template.framed) : template.framed;
    fillTemplate(template, framed, this.sent + 1);
    this.#stream.write(framed);
    this.sent += template.reports;
    if (this.latencies !== undefined) this.waiting.push({ through: this.sent, dueMs });
  }

  end(): void {
    this.#stream.cancel();
  }

  #onAnswer(bytes: Buffer): void {
    const { message } = fromBinary(StreamUsageResponseSchema, bytes);
    if (message.case === "progress") {
      this.answered = Math.max(this.answered, Number(message.value.acceptedThrough));
      this.durable = Math.max(this.durable, Number(message.value.durableThrough));
    } else if (message.case === "decisions") {
      // The echo's answer; the daemon gives none to who did not ask.
      this.answered = Math.max(this.answered, Number(message.value.throughSequence));
      this.durable = this.answered;
    } else return;
    const nowMs = performance.now();
    while (this.waiting.length > 0 && (this.waiting[0]?.through ?? 0) <= this.durable) {
      const first = this.waiting.shift();
      if (first !== undefined) this.latencies?.add(nowMs - first.dueMs);
    }
    this.onAnswer();
  }
}

let named = 0;

export class StreamLoad {
  readonly #server: ServerChild;
  readonly #sessions: ClientHttp2Session[] = [];
  readonly #reporters: Reporter[] = [];

  constructor(server: ServerChild) {
    this.#server = server;
    for (let at = 0; at < STREAMS; at++) {
      if (at % STREAMS_PER_CONNECTION === 0) {
        this.#sessions.push(openSession(server.target));
      }
      this.#reporters.push(new Reporter(this.#sessions.at(-1) as ClientHttp2Session, `bench-${++named}`));
    }
  }

  /** As fast as it answers, until everything is durable. */
  async run(templates: readonly Template[], durationMs: number): Promise<StreamRun> {
    const before = await this.#server.sample();
    const sentBefore = this.#sent();
    const startMs = performance.now();
    const next = this.#reporters.map((_, place) => place);
    await new Promise<void>((resolve) => {
      const pump = (reporter: Reporter, place: number): void => {
        if (performance.now() - startMs >= durationMs) {
          if (this.#reporters.every((one) => one.durable >= one.sent)) resolve();
          return;
        }
        for (;;) {
          const at = next[place] as number;
          const template = templates[at % templates.length] as Template;
          const inFlight = MESSAGES_IN_FLIGHT * template.reports;
          if (reporter.sent - reporter.answered >= inFlight) return;
          if (reporter.sent - reporter.durable >= UNDURABLE_MAX) return;
          next[place] = at + STREAMS;
          reporter.send(template, 0);
        }
      };
      for (const [place, reporter] of this.#reporters.entries())
        reporter.onAnswer = () => pump(reporter, place);
      for (const [place, reporter] of this.#reporters.entries()) pump(reporter, place);
    });
    const elapsedMs = performance.now() - startMs;
    const after = await this.#server.sample();
    const reports = this.#sent() - sentBefore;
    return { reportsPerSecond: (reports * 1_000) / elapsedMs, cpuUs: (after.cpuUs - before.cpuUs) / reports };
  }

  /** At a fixed rate; latencies from the moment of sending to the durable acknowledgement. */
  async runPaced(templates: readonly Template[], reportsPerSecond: number, ms: number): Promise<Latencies> {
    const latencies = new Latencies();
    for (const reporter of this.#reporters) {
      reporter.latencies = latencies;
      reporter.onAnswer = () => undefined;
    }
    let next = 0;
    const perMessage = templates[0]?.reports ?? 1;
    await pace(reportsPerSecond / perMessage, ms, (dueMs) => {
      const reporter = this.#reporters[next % STREAMS] as Reporter;
      reporter.send(templates[next++ % templates.length] as Template, dueMs);
    });
    while (this.#reporters.some((one) => one.durable < one.sent)) {
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    for (const reporter of this.#reporters) reporter.latencies = undefined;
    return latencies;
  }

  close(): void {
    for (const reporter of this.#reporters) reporter.end();
    for (const session of this.#sessions) session.destroy();
  }

  #sent(): number {
    return this.#reporters.reduce((sum, one) => sum + one.sent, 0);
  }
}
