// Clients report: they send, drop, duplicate, reorder, skip, open a second stream, lose their memory.
import { MAX_AMOUNT } from "../../../src/domain/amounts.ts";
import type { Usage, UsageGroup } from "../../../src/domain/usage.ts";
import { applyBatch, completeInStream, skipRange } from "../../../src/engine/reports/apply-batch.ts";
import { MAX_SEQUENCES_AHEAD } from "../../../src/engine/reports/mark.ts";
import { openReporter } from "../../../src/engine/reports/open-reporter.ts";
import { CALLER, usageOf } from "../../unit/engine/engine-fixture.ts";
import { type ModelReporter, nothing } from "../model/model.ts";
import { applyCompletion, applyGroup, floorOf, type ModelReport, skip } from "../model/report-model.ts";
import { ReportingClient, type Stream } from "../reporting-client.ts";
import type { Simulation } from "../simulation.ts";

const MAX_CLIENTS = 3;
const LONGEST_MESSAGE = 5;

function pickClient(sim: Simulation): ReportingClient {
  if (sim.clients.length < MAX_CLIENTS && sim.chance(0.2))
    sim.clients.push(new ReportingClient(`c${sim.clients.length}`, 1));
  if (sim.clients.length === 0) sim.clients.push(new ReportingClient("c0", 1));
  return sim.pick(sim.clients);
}

/** Opens a stream; the older one of the same epoch is superseded. */
export function openStream(sim: Simulation, client: ReportingClient): void {
  const { world, now } = sim.daemon;
  const { id, epoch, hasSent, durableSeen } = client;
  const hello = { reporterId: id, epoch: BigInt(epoch), resume: hasSent, durableSeen, principal: undefined };
  const { value, error } = sim.attempt(() => openReporter(world, CALLER, hello, now));
  sim.note(
    `hello ${client.key} resume ${hasSent} durable ${durableSeen}: ${error ?? `floor ${value?.floor}`}`,
  );
  const known = sim.model.reporters.get(client.key);
  sim.expect(
    `error of hello ${client.key}`,
    error,
    known === undefined && hasSent ? "REPORTER_UNKNOWN" : undefined,
  );
  if (value === undefined) {
    if (durableSeen > 0)
      throw new Error(`P1: reporter ${client.key} was told that ${durableSeen} is durable and is unknown`);
    return client.startEpoch(100 + ++sim.names, true);
  }
  if (value.floor < durableSeen)
    throw new Error(`P1: ${client.key} was told ${durableSeen} is durable, the floor is ${value.floor}`);
  if (known === undefined) {
    for (const older of sim.model.reporters.values()) if (older.id === id) older.isFenced = true;
    sim.model.reporters.set(client.key, { id, epoch, isFenced: false, applied: new Set() });
  }
  if (client.stream !== undefined) client.oldStreams.push(client.stream);
  client.stream = { world, row: value, session: value.session };
}

export function reopenStream(sim: Simulation): void {
  openStream(sim, pickClient(sim));
}

/** A client that lost its memory: reports of the old epoch that were not acknowledged may be lost with it. */
export function loseMemory(sim: Simulation): void {
  const client = pickClient(sim);
  sim.note(`${client.key} loses its memory`);
  client.startEpoch(100 + ++sim.names, false);
  openStream(sim, client);
}

/** What a message needs: the stream in force and the model's reporter. */
function connected(
  sim: Simulation,
  client: ReportingClient,
): { stream: Stream; reporter: ModelReporter } | undefined {
  if (client.stream === undefined) openStream(sim, client);
  const { stream } = client;
  const reporter = sim.model.reporters.get(client.key);
  return stream === undefined || reporter === undefined ? undefined : { stream, reporter };
}

/** The transport drops what a superseded stream had still under way. */
function isInForce({ row, session, world }: Stream, sim: Simulation): boolean {
  return world === sim.daemon.world && row.session === session && !row.fenced;
}

export function report(sim: Simulation): void {
  const client = pickClient(sim);
  for (let more = sim.below(4); more > 0; more--) client.reports.push(chooseReport(sim));
  if (client.reports.length === 0) return;
  const old = client.oldStreams.find((one) => isInForce(one, sim));
  if (old !== undefined) throw new Error(`a superseded stream of ${client.key} is still in force`);
  const { length } = client.reports;
  const last = length - (sim.chance(0.6) ? 0 : sim.below(length));
  sendRange(sim, client, Math.max(1, last - sim.below(LONGEST_MESSAGE)), last);
}

/** Sends reports `first` to `last` in one message; runs of one execution are one group. */
export function sendRange(sim: Simulation, client: ReportingClient, first: number, last: number): void {
  const line = connected(sim, client);
  if (line === undefined) return;
  client.hasSent = true;
  const groups: { readonly first: number; readonly reports: ModelReport[] }[] = [];
  for (let sequence = first; sequence <= last; sequence++) {
    const one = client.reports[sequence - 1];
    if (one === undefined || client.skipped.has(sequence)) continue;
    if (one.completes) {
      sendGroups(sim, client, line, groups.splice(0));
      sendCompletion(sim, line, sequence, one.executionId);
      continue;
    }
    const open = groups.at(-1);
    const goesOn =
      open !== undefined &&
      open.first + open.reports.length === sequence &&
      open.reports[0]?.executionId === one.executionId;
    if (goesOn) open.reports.push(one);
    else groups.push({ first: sequence, reports: [one] });
  }
  sendGroups(sim, client, line, groups);
}

type Line = NonNullable<ReturnType<typeof connected>>;

function sendGroups(
  sim: Simulation,
  client: ReportingClient,
  { stream, reporter }: Line,
  groups: readonly { first: number; reports: ModelReport[] }[],
): void {
  if (groups.length === 0) return;
  const { world, now } = sim.daemon;
  const text = groups
    .map(({ first, reports }) => `${first}-${first + reports.length - 1} ${reports[0]?.executionId}`)
    .join(", ");
  const messages: UsageGroup[] = groups.map(({ first, reports }) => ({
    executionId: reports[0]?.executionId ?? "",
    firstSequence: BigInt(first),
    wantDecision: sim.chance(0.5),
    usage: reports.map(toUsage),
  }));
  const answer = applyBatch(world, stream.row, messages, now);
  const invalid = groups.flatMap(({ first, reports }) =>
    reports.flatMap((one, at) => (one.isInvalid && !reporter.applied.has(first + at) ? [first + at] : [])),
  );
  sim.note(`report ${client.key}: ${text}, ${answer.duplicates} duplicates`);
  sim.expect("rejected", answer.rejected.map((one) => one.sequence).join(), invalid.join());
  const known = groups.flatMap(({ first, reports }) =>
    reports.filter((_, at) => reporter.applied.has(first + at)),
  );
  sim.expect("duplicates", answer.duplicates, known.length);
  for (const { first, reports } of groups)
    applyGroup(sim.model, reporter, first, reports, sim.now, sim.opened);
}

function sendCompletion(
  sim: Simulation,
  { stream, reporter }: Line,
  sequence: number,
  executionId: string,
): void {
  const { world, now } = sim.daemon;
  sim.note(`complete ${executionId} in stream, ${sequence}`);
  const isNew = completeInStream(world, stream.row, sequence, executionId, now);
  sim.expect(`completion ${sequence} applied now`, isNew, !reporter.applied.has(sequence));
  applyCompletion(sim.model, reporter, sequence, executionId, sim.now);
}

/** Gives a few reports up. */
export function giveUp(sim: Simulation): void {
  const client = pickClient(sim);
  if (client.reports.length === 0) return;
  const from = 1 + sim.below(client.reports.length);
  skipReports(sim, client, from, Math.min(client.reports.length, from + sim.below(3)));
}

function skipReports(sim: Simulation, client: ReportingClient, from: number, to: number): void {
  const line = connected(sim, client);
  if (line === undefined || client.reports.length < to) return;
  client.hasSent = true;
  sim.note(`skip ${client.key} ${from}-${to}`);
  skipRange(sim.daemon.world, line.stream.row, from, to, sim.daemon.now);
  for (let sequence = from; sequence <= to; sequence++)
    if (!line.reporter.applied.has(sequence)) client.skipped.add(sequence);
  skip(line.reporter, from, to);
}

/** A message too far ahead is refused whole. */
export function runAhead(sim: Simulation): void {
  const client = pickClient(sim);
  const line = connected(sim, client);
  if (line === undefined) return;
  const first = floorOf(line.reporter) + MAX_SEQUENCES_AHEAD + 1;
  const group = { executionId: "e1", firstSequence: BigInt(first), usage: [toUsage(chooseReport(sim))] };
  const { error } = sim.attempt(() => applyBatch(sim.daemon.world, line.stream.row, [group], sim.daemon.now));
  sim.expect("error of running ahead", error, "SEQUENCE_AHEAD");
}

function chooseReport(sim: Simulation): ModelReport {
  const all = [...sim.model.executions.values()];
  const execution = all.length === 0 || sim.chance(0.05) ? undefined : sim.pick(all);
  const executionId = execution?.id ?? `x${sim.below(3)}`;
  const steps = sim.chance(0.6) ? 1 + sim.below(2) : 0;
  const used = {
    ...nothing(),
    steps,
    discovered: steps === 1 && sim.chance(0.15) ? 1 : 0,
    tokens: sim.below(200),
    cost: sim.below(200),
    toolCalls: sim.chance(0.3) ? 1 : 0,
    requests: sim.chance(0.3) ? 1 : 0,
    cpu: 1 + sim.below(1_000),
  };
  const holds = [...(execution?.holds.keys() ?? [])];
  return {
    executionId,
    used,
    memory: sim.chance(0.2) ? sim.below(1_000_000) : undefined,
    settles: holds.length > 0 && sim.chance(0.25) ? sim.pick(holds) : undefined,
    occurredAt: sim.chance(0.15) ? sim.clock.wallMs - sim.below(600_000) : undefined,
    isInvalid: sim.chance(0.04),
    completes: sim.chance(0.03),
  };
}

function toUsage({ used, memory, settles, occurredAt, isInvalid }: ModelReport): Usage {
  return usageOf({
    steps: BigInt(used.steps),
    ...(used.discovered === 1 ? { step: { discovered: true } } : {}),
    tokens: { input: BigInt(used.tokens) },
    costNanoUsd: BigInt(used.cost),
    toolCalls: BigInt(used.toolCalls),
    requests: BigInt(used.requests),
    cpuMillis: isInvalid ? MAX_AMOUNT + 1n : BigInt(used.cpu),
    memoryBytes: memory === undefined ? undefined : BigInt(memory),
    settlesReservationId: settles,
    occurredAt:
      occurredAt === undefined
        ? undefined
        : { seconds: BigInt(Math.floor(occurredAt / 1000)), nanos: (occurredAt % 1000) * 1_000_000 },
  });
}

/** Everything is sent until nothing is missing. */
export function sendAll(sim: Simulation, client: ReportingClient): void {
  openStream(sim, client);
  if (client.stream === undefined) openStream(sim, client);
  for (const sequence of [...client.skipped]) skipReports(sim, client, sequence, sequence);
  for (let first = 1; first <= client.reports.length; first += LONGEST_MESSAGE) {
    sendRange(sim, client, first, Math.min(client.reports.length, first + LONGEST_MESSAGE - 1));
  }
}
