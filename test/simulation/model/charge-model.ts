// Charging, holding and carving in the naive model: docs/limits.md, "Trees" and "Reservations".
import {
  type Amounts,
  CARVED,
  type CarveAmounts,
  chainOf,
  type Model,
  type ModelCarve,
  type ModelHold,
  nothingCarved,
  type Take,
  UNITS,
  windowOf,
} from "./model.ts";

/** Usage goes to the execution and every ancestor; a carve on the way is used up first. */
export function chargeTree(model: Model, id: string, used: Amounts): void {
  for (const unit of CARVED) {
    let drawn = 0;
    for (const { carve } of chainOf(model, id)) {
      if (carve === undefined || !carve.isActive) continue;
      const draw = Math.min(used[unit] - drawn, carve.held[unit]);
      carve.held[unit] -= draw;
      drawn += draw;
    }
  }
  for (const execution of chainOf(model, id)) for (const unit of UNITS) execution.spent[unit] += used[unit];
}

export function chargeWindows(model: Model, names: readonly string[], used: Amounts): void {
  for (const name of names) for (const unit of UNITS) windowOf(model, name).spent[unit] += used[unit];
}

/** A hold is taken out of the carves on the way up first; answers what came out of which. */
export function takeFromCarves(model: Model, fromId: string, wanted: CarveAmounts): Take[] {
  const covered = nothingCarved();
  const takes: Take[] = [];
  for (const { id, carve } of chainOf(model, fromId)) {
    if (carve === undefined || !carve.isActive) continue;
    const amounts = nothingCarved();
    for (const unit of CARVED) {
      amounts[unit] = Math.min(wanted[unit] - covered[unit], carve.held[unit]);
      carve.held[unit] -= amounts[unit];
      covered[unit] += amounts[unit];
    }
    takes.push({ owner: id, amounts });
  }
  return takes;
}

export function holdWindows(model: Model, names: readonly string[], amounts: Amounts, sign: 1 | -1): void {
  for (const name of names)
    for (const unit of UNITS) windowOf(model, name).held[unit] += sign * amounts[unit];
}

/** A hold ends: what came out of a carve goes back to it, unless that carve is no longer in force. */
export function endHold(model: Model, hold: ModelHold, state: ModelHold["state"]): void {
  hold.state = state;
  holdWindows(model, hold.windows, hold.amounts, -1);
  for (const { owner, amounts } of hold.takes) {
    const carve = model.executions.get(owner)?.carve;
    if (carve?.isActive === true) for (const unit of CARVED) carve.held[unit] += amounts[unit];
  }
}

export function takeCarve(model: Model, parentId: string, carve: ModelCarve, amounts: CarveAmounts): void {
  carve.takes = takeFromCarves(model, parentId, amounts);
  carve.held = { ...amounts };
  carve.taken = { ...amounts };
  carve.isActive = true;
}

/** What is left of a carve is released: it goes back to the carves above that it came out of, what was used of it last. */
export function releaseCarve(model: Model, carve: ModelCarve | undefined): void {
  if (carve === undefined || !carve.isActive) return;
  for (const unit of CARVED) {
    let consumed = Math.max(0, carve.taken[unit] - carve.held[unit]);
    let left = carve.held[unit];
    for (const { owner, amounts } of carve.takes) {
      const above = model.executions.get(owner)?.carve;
      if (above?.isActive !== true) continue;
      const gone = Math.min(consumed, amounts[unit]);
      consumed -= gone;
      const back = Math.min(amounts[unit] - gone, left);
      above.held[unit] += back;
      left -= back;
    }
  }
  carve.isActive = false;
  carve.held = nothingCarved();
  carve.takes = [];
}
