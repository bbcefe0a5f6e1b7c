// Agents ask: they look, take, hold, settle, release and extend, and ask again when an answer got lost.
import type { Decision } from "../../../src/domain/decision.ts";
import type { HoldRequest } from "../../../src/domain/reservation.ts";
import { charge, check } from "../../../src/engine/intents/intents.ts";
import { extend } from "../../../src/engine/reservations/extend.ts";
import { reserve } from "../../../src/engine/reservations/reserve.ts";
import { release, settle } from "../../../src/engine/reservations/resolve.ts";
import { askOf, CALLER, type IntentFields, usageOf } from "../../unit/engine/engine-fixture.ts";
import { findOvershoot } from "../compare.ts";
import { chargeTree, chargeWindows, endHold, holdWindows, takeFromCarves } from "../model/charge-model.ts";
import { actOnStanding, judgeIntent } from "../model/judge-model.ts";
import {
  type Amounts,
  chainOf,
  type ModelExecution,
  type ModelHold,
  type ModelPrincipal,
  nothing,
  windowsAt,
} from "../model/model.ts";
import { hasSlot, placesFit } from "../model/place-model.ts";
import type { IntentAmounts, SentCharge, Simulation } from "../simulation.ts";
import { addRegistered, pickExecution } from "./execution-actions.ts";

const REQUEST_MEMORY_MS = 600_000;

function chooseAmounts(sim: Simulation): IntentAmounts {
  const steps = sim.chance(0.6) ? 1 : 0;
  return {
    steps,
    isDiscovered: steps === 1 && sim.chance(0.2),
    input: sim.chance(0.5) ? sim.below(300) : 0,
    output: sim.chance(0.3) ? sim.below(200) : 0,
    cost: sim.chance(0.6) ? sim.below(400) : 0,
    toolCalls: sim.chance(0.3) ? 1 : 0,
    requests: sim.chance(0.4) ? 1 + sim.below(2) : 0,
  };
}

function intentOf({
  steps,
  isDiscovered,
  input,
  output,
  cost,
  toolCalls,
  requests,
}: IntentAmounts): IntentFields {
  return {
    ...(steps === 1 ? { step: isDiscovered ? { discovered: true } : {} } : {}),
    tokens: { input: BigInt(input), output: BigInt(output) },
    costNanoUsd: BigInt(cost),
    toolCalls: BigInt(toolCalls),
    weight: BigInt(requests),
  };
}

function toAmounts({
  steps,
  isDiscovered,
  input,
  output,
  cost,
  toolCalls,
  requests,
}: IntentAmounts): Amounts {
  return {
    ...nothing(),
    steps,
    discovered: isDiscovered ? 1 : 0,
    tokens: input + output,
    cost,
    toolCalls,
    requests,
  };
}

function touch(sim: Simulation, id: string): void {
  for (const one of chainOf(sim.model, id))
    one.lastActivityMono = Math.max(one.lastActivityMono, sim.clock.monoMs);
}

function assertAdmitted(sim: Simulation, id: string): void {
  const overshoot = findOvershoot(sim.daemon.world, sim.index(id));
  if (overshoot.length > 0) throw new Error(`P3: admitted above a limit: ${overshoot.join("; ")}`);
}

/** The strictest of what limits, states and slots say. */
function judgeAll(
  sim: Simulation,
  execution: ModelExecution,
  wanted: Amounts,
): ReturnType<typeof judgeIntent> | "THROTTLE" {
  const verdict = judgeIntent(sim.model, execution.id, wanted, sim.now, sim.opened);
  const isFull = wanted.requests > 0 && !hasSlot(sim.model, execution);
  return verdict === "ALLOW" && isFull ? "THROTTLE" : verdict;
}

export function look(sim: Simulation): void {
  const execution = pickExecution(sim);
  if (execution === undefined) return;
  const amounts = chooseAmounts(sim);
  const decision = check(sim.daemon.world, CALLER, askOf(execution.id, intentOf(amounts)), sim.daemon.now);
  const verdict = judgeAll(sim, execution, toAmounts(amounts));
  sim.note(`check ${execution.id}: ${decision.verdict}`);
  sim.expect(
    `verdict of checking ${execution.id}`,
    decision.verdict === "WARN" ? "ALLOW" : decision.verdict,
    verdict,
  );
}

export function take(sim: Simulation): void {
  const execution = pickExecution(sim);
  if (execution === undefined) return;
  const amounts = chooseAmounts(sim);
  const requestId = sim.chance(0.8) ? `q${++sim.names}` : undefined;
  takeAmounts(sim, execution, requestId, amounts);
}

/** The answer to a charge got lost: it is sent again. */
export function takeAgain(sim: Simulation): void {
  const sent = sim.charges.filter(
    (one) =>
      (one.principal !== undefined || sim.model.executions.has(one.executionId)) &&
      one.expiresMono > sim.clock.monoMs,
  );
  if (sent.length === 0) return;
  const { executionId, requestId, amounts, principal } = sim.pick(sent);
  const execution = sim.model.executions.get(executionId);
  if (execution !== undefined) takeAmounts(sim, execution, requestId, amounts);
  else if (principal !== undefined) takeForNobody(sim, executionId, principal, requestId, amounts);
}

/** A charge that names an execution nobody registered, or none. */
export function takeUnregistered(sim: Simulation): void {
  const id = sim.chance(0.3) ? "" : `x${sim.below(3)}`;
  const requestId = sim.chance(0.8) ? `q${++sim.names}` : undefined;
  const amounts = chooseAmounts(sim);
  const principal = { tenant: sim.pick(["acme", "zeta"]), user: sim.pick(["ann", "bob", undefined]) };
  const execution = sim.model.executions.get(id);
  if (execution !== undefined) takeAmounts(sim, execution, requestId, amounts);
  else takeForNobody(sim, id, principal, requestId, amounts);
}

function takeForNobody(
  sim: Simulation,
  id: string,
  principal: ModelPrincipal,
  requestId: string | undefined,
  amounts: IntentAmounts,
): void {
  const { model } = sim;
  if (model.rules.unregistered === "register" && id !== "") {
    const fits = placesFit(model, [principal]);
    if (fits) addRegistered(sim, id, principal);
    const execution = model.executions.get(id);
    if (execution !== undefined) return takeAmounts(sim, execution, requestId, amounts, principal);
  }
  const decision = chargeInEngine(sim, id, requestId, amounts, principal);
  if (requestId !== undefined && model.unregistered.has(requestId))
    return sim.expect(`P2: charge ${requestId} answered again`, decision.allowed, true);
  const isTaken =
    model.rules.unregistered === "allow" || (model.rules.unregistered === "register" && id === "");
  sim.expect(`charging nobody's "${id}" is allowed`, decision.allowed, isTaken);
  if (!isTaken) return;
  chargeWindows(model, windowsAt(principal, sim.clock.wallMs), toAmounts(amounts));
  if (requestId === undefined) return;
  model.unregistered.add(requestId);
  rememberCharge(sim, { executionId: id, requestId, amounts, principal });
}

function chargeInEngine(
  sim: Simulation,
  id: string,
  requestId: string | undefined,
  amounts: IntentAmounts,
  principal: ModelPrincipal | undefined,
): Decision {
  const fields = {
    ...(requestId === undefined ? {} : { requestId }),
    ...(principal === undefined ? {} : { principal }),
  };
  const decision = charge(sim.daemon.world, CALLER, askOf(id, intentOf(amounts), fields), sim.daemon.now);
  sim.note(`charge ${id} ${requestId} ${JSON.stringify(amounts)}: ${decision.verdict}`);
  return decision;
}

function takeAmounts(
  sim: Simulation,
  execution: ModelExecution,
  requestId: string | undefined,
  amounts: IntentAmounts,
  principal?: ModelPrincipal,
): void {
  const { id } = execution;
  const decision = chargeInEngine(sim, id, requestId, amounts, principal);
  if (requestId !== undefined && execution.requests.has(requestId)) {
    sim.expect(`P2: charge ${requestId} answered again`, decision.allowed, true);
    return;
  }
  const used = toAmounts(amounts);
  const verdict = judgeIntent(sim.model, id, used, sim.now, sim.opened);
  sim.expect(`verdict of charging ${id}`, decision.verdict === "WARN" ? "ALLOW" : decision.verdict, verdict);
  touch(sim, id);
  if (verdict !== "ALLOW") return;
  assertAdmitted(sim, id);
  chargeTree(sim.model, id, used);
  chargeWindows(sim.model, windowsAt(execution, sim.clock.wallMs), used);
  actOnStanding(sim.model, id, sim.now, sim.opened);
  if (requestId === undefined) return;
  execution.requests.add(requestId);
  rememberCharge(sim, { executionId: id, requestId, amounts, principal });
}

function rememberCharge(sim: Simulation, sent: Omit<SentCharge, "expiresMono">): void {
  const expiresMono = sim.clock.monoMs + REQUEST_MEMORY_MS;
  const known = sim.charges.find((one) => one.requestId === sent.requestId);
  if (known === undefined) sim.charges.push({ ...sent, expiresMono });
  else known.expiresMono = expiresMono;
}

export function hold(sim: Simulation): void {
  const execution = pickExecution(sim);
  if (execution === undefined) return;
  const { id } = execution;
  const amounts = chooseAmounts(sim);
  const reservationId = `r${++sim.names}`;
  const ttlMs = 1_000 + sim.below(120_000);
  const request: HoldRequest = { ...askOf(id, intentOf(amounts)), reservationId, ttlMs };
  const decision = reserve(sim.daemon.world, CALLER, request, sim.daemon.now);
  sim.note(`reserve ${id} ${reservationId} ${JSON.stringify(amounts)}: ${decision.verdict}`);
  const wanted = toAmounts(amounts);
  const verdict = judgeAll(sim, execution, wanted);
  sim.expect(`verdict of reserving ${id}`, decision.verdict === "WARN" ? "ALLOW" : decision.verdict, verdict);
  touch(sim, id);
  if (verdict !== "ALLOW") return;
  assertAdmitted(sim, id);
  const windows = windowsAt(execution, sim.clock.wallMs);
  const takes = takeFromCarves(sim.model, id, wanted);
  execution.holds.set(reservationId, {
    amounts: wanted,
    state: "held",
    expiresMono: sim.clock.monoMs + ttlMs,
    takes,
    windows,
  });
  holdWindows(sim.model, windows, wanted, 1);
  actOnStanding(sim.model, id, sim.now, sim.opened);
  const again = reserve(sim.daemon.world, CALLER, request, sim.daemon.now);
  sim.expect(`P2: reserve ${reservationId} again`, again.decisionId, decision.decisionId);
}

interface PickedHold {
  readonly execution: ModelExecution;
  readonly reservationId: string;
  readonly held: ModelHold;
}

function pickHold(sim: Simulation): PickedHold | undefined {
  const all: PickedHold[] = [];
  for (const execution of sim.model.executions.values()) {
    for (const [reservationId, held] of execution.holds) all.push({ execution, reservationId, held });
  }
  if (all.length === 0) return undefined;
  // Mostly the youngest ones, sometimes one that was resolved long ago.
  return sim.chance(0.7) ? all[all.length - 1 - sim.below(Math.min(4, all.length))] : sim.pick(all);
}

/** Charges what was really used; a hold that was made up, or one that had expired, too. */
export function settleOne(sim: Simulation): void {
  const picked = pickHold(sim);
  if (picked === undefined) return;
  const { execution } = picked;
  const isUnknown = sim.chance(0.1);
  const reservationId = isUnknown ? `r${++sim.names}` : picked.reservationId;
  const held = isUnknown ? undefined : picked.held;
  const amounts = chooseAmounts(sim);
  const before = held?.state;
  const content = `settlement ${++sim.names}`;
  const error = settleInEngine(sim, execution.id, reservationId, amounts, content);
  sim.note(
    `settle ${execution.id} ${reservationId} (${before}) ${JSON.stringify(amounts)}: ${error ?? "done"}`,
  );
  const isResolved = before === "settled" || before === "released";
  sim.expect(`error of settling ${reservationId}`, error, isResolved ? "RESERVATION_RESOLVED" : undefined);
  if (isResolved) return;
  const used = { ...toAmounts(amounts), discovered: 0 };
  const windows = held?.windows ?? windowsAt(execution, sim.clock.wallMs);
  if (held?.state === "held") endHold(sim.model, held, "settled");
  else if (held !== undefined) held.state = "settled";
  else {
    const rest = { amounts: nothing(), takes: [], windows, expiresMono: sim.clock.monoMs };
    execution.holds.set(reservationId, { ...rest, state: "settled" });
  }
  touch(sim, execution.id);
  chargeTree(sim.model, execution.id, used);
  chargeWindows(sim.model, windows, used);
  actOnStanding(sim.model, execution.id, sim.now, sim.opened);
  sim.expect(
    `P2: settling ${reservationId} again`,
    settleInEngine(sim, execution.id, reservationId, amounts, content),
    undefined,
  );
}

function settleInEngine(
  sim: Simulation,
  id: string,
  reservationId: string,
  amounts: IntentAmounts,
  content: string,
): string | undefined {
  const actual = usageOf({
    steps: BigInt(amounts.steps),
    tokens: { input: BigInt(amounts.input), output: BigInt(amounts.output) },
    costNanoUsd: BigInt(amounts.cost),
    toolCalls: BigInt(amounts.toolCalls),
    requests: BigInt(amounts.requests),
  });
  const fingerprint = (): string => content;
  const request = {
    executionId: id,
    reservationId,
    actual,
    provider: undefined,
    model: undefined,
    fingerprint,
  };
  return sim.attempt(() => settle(sim.daemon.world, CALLER, request, sim.daemon.now)).error;
}

export function releaseOne(sim: Simulation): void {
  const picked = pickHold(sim);
  if (picked === undefined) return;
  const { execution, reservationId, held } = picked;
  const { error } = sim.attempt(() =>
    release(sim.daemon.world, CALLER, execution.id, reservationId, sim.daemon.now),
  );
  sim.note(`release ${execution.id} ${reservationId}: ${error ?? "done"}`);
  sim.expect(
    `error of releasing ${reservationId}`,
    error,
    held.state === "settled" ? "RESERVATION_RESOLVED" : undefined,
  );
  if (held.state !== "held") return;
  touch(sim, execution.id);
  endHold(sim.model, held, "released");
}

export function extendOne(sim: Simulation): void {
  const picked = pickHold(sim);
  if (picked === undefined) return;
  const { execution, reservationId, held } = picked;
  const ttlMs = 1_000 + sim.below(120_000);
  const { error } = sim.attempt(() =>
    extend(
      sim.daemon.world,
      CALLER,
      { executionId: execution.id, reservationId, ttlMs, fingerprint: () => "" },
      sim.daemon.now,
    ),
  );
  sim.note(`extend ${execution.id} ${reservationId}: ${error ?? "done"}`);
  sim.expect(
    `error of extending ${reservationId}`,
    error,
    held.state === "held" ? undefined : "RESERVATION_RESOLVED",
  );
  if (error !== undefined) return;
  touch(sim, execution.id);
  held.expiresMono = Math.max(held.expiresMono, sim.clock.monoMs + ttlMs);
}
