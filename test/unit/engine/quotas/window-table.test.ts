// Windows by time: a change of the time zone, a clock that steps back, usage of earlier hours.
import { describe, expect, test } from "vitest";
import { Engine } from "../engine-fixture.ts";

const ALICE = { tenant: "acme", user: "alice" };

function bindAt(engine: Engine, zone: string, at: string) {
  const { windows, rows } = engine.world;
  const binding = windows.bind(ALICE, false, zone, Date.parse(at), rows.windows, rows.windowTexts);
  return [...binding.rows]
    .map((row) => windows.texts[row])
    .filter((text) => text?.level === "tenant")
    .map((text) => [text?.period, iso(text?.startMs), iso(text?.endMs)]);
}

const iso = (ms: number | undefined) => new Date(ms ?? 0).toISOString().slice(0, 16);

describe("windows of a tenant", () => {
  test("follow its time zone; what all tenants share follows UTC", () => {
    const engine = new Engine();
    expect(bindAt(engine, "Asia/Kathmandu", "2026-01-15T12:30:00Z")).toEqual([
      ["hour", "2026-01-15T12:15", "2026-01-15T13:15"],
      ["day", "2026-01-14T18:15", "2026-01-15T18:15"],
      ["month", "2025-12-31T18:15", "2026-01-31T18:15"],
    ]);
    const shared = [...engine.world.windows.rows()].map((row) => engine.world.windows.texts[row]);
    expect(shared.filter((text) => text?.level === "global").map((text) => iso(text?.startMs))).toEqual([
      "2026-01-15T12:00",
      "2026-01-15T00:00",
      "2026-01-01T00:00",
    ]);
  });

  test("end as they began when the time zone changes; the next begins there", () => {
    const engine = new Engine();
    bindAt(engine, "UTC", "2026-01-15T12:30:00Z");
    expect(bindAt(engine, "Asia/Kathmandu", "2026-01-15T12:59:00Z")[0]).toEqual([
      "hour",
      "2026-01-15T12:00",
      "2026-01-15T13:00",
    ]);
    expect(bindAt(engine, "Asia/Kathmandu", "2026-01-15T13:05:00Z")).toEqual([
      ["hour", "2026-01-15T13:00", "2026-01-15T13:15"],
      ["day", "2026-01-15T00:00", "2026-01-16T00:00"],
      ["month", "2026-01-01T00:00", "2026-02-01T00:00"],
    ]);
    expect(bindAt(engine, "Asia/Kathmandu", "2026-01-16T00:00:00Z")[1]).toEqual([
      "day",
      "2026-01-16T00:00",
      "2026-01-16T18:15",
    ]);
  });

  test("are found again by a clock that steps back, whatever the zone is by then", () => {
    const engine = new Engine();
    const before = bindAt(engine, "UTC", "2026-01-15T12:30:00Z");
    bindAt(engine, "Asia/Kathmandu", "2026-01-15T14:30:00Z");
    expect(bindAt(engine, "Asia/Kathmandu", "2026-01-15T12:10:00Z")).toEqual(before);
    // An hour that nobody had a window in lies between those that are there.
    expect(bindAt(engine, "Asia/Kathmandu", "2026-01-15T14:05:00Z")[0]).toEqual([
      "hour",
      "2026-01-15T13:15",
      "2026-01-15T14:15",
    ]);
  });
});
