import { array, assert, asyncProperty, constantFrom, option, record as recordOf, string } from "fast-check";
import { describe, expect, test } from "vitest";
import { openMemoryStore } from "../../../../src/adapters/memory/cut-store.ts";
import { STATE } from "../../../../src/domain/execution.ts";
import { swapPolicy } from "../../../../src/engine/policy/refresh-policy.ts";
import { RecordPacker, RecordReader } from "../../../../src/ports/cut-records.ts";
import { type RowChunk, STATE_TABLES, type StateTable } from "../../../../src/ports/cut-store.ts";
import { digestWorld } from "../../../simulation/world-digest.ts";
import { Engine, policyOf, STEP } from "../engine-fixture.ts";
import { policySetOf } from "../policy-fixture.ts";

interface OneRow {
  readonly table: StateTable;
  readonly key: number;
  readonly chunk: RowChunk;
}

/** What an engine saved, one row per chunk. */
function rowsOf(engine: Engine): OneRow[] {
  engine.volume.isOpen = false;
  const { loaded } = openMemoryStore(engine.volume);
  return loaded.rows.flatMap(({ records, byteLength }) => {
    const reader = new RecordReader(records, byteLength);
    const rows: OneRow[] = [];
    while (reader.next()) {
      const packer = new RecordPacker(64);
      packer.add(reader.operation, reader.table, reader.key, reader.image());
      rows.push({ table: STATE_TABLES[reader.table] as StateTable, key: reader.key, chunk: packer.finish() });
    }
    return rows;
  });
}

function chunksOf(rows: readonly OneRow[]): readonly RowChunk[] {
  return rows.map(({ chunk }) => chunk);
}

/** A tree of three levels with usage, a hold and a step on its lowest. */
async function createTree(): Promise<Engine> {
  const engine = new Engine({ maxLiveExecutions: 4 });
  engine.register("root");
  engine.register("child", { parentId: "root" });
  engine.register("leaf", { parentId: "child" });
  engine.charge("leaf", STEP, { requestId: "once" });
  engine.reserve("leaf", "hold", STEP);
  await engine.save();
  return engine;
}

describe("rows that are taken up as they come", () => {
  test("the order in which they come makes no difference: children before parents, texts before numbers", async () => {
    const engine = await createTree();
    const rows = rowsOf(engine);
    const inOrder = engine.restarted(0, { loss: { rows: chunksOf(rows) } });
    const reversed = inOrder.restarted(0, { loss: { rows: chunksOf(rows.toReversed()) } });
    expect(digestWorld(reversed.world, reversed.monoMs)).toBe(digestWorld(inOrder.world, inOrder.monoMs));
    const isChild = ({ table, key }: OneRow) => table === "execution_texts" && key === engine.index("child");
    const childFirst = [
      ...rows.filter(({ table }) => table === "executions"),
      ...rows.filter(isChild),
      ...rows.filter((row) => row.table !== "executions" && !isChild(row)),
    ];
    const mixed = inOrder.restarted(0, { loss: { rows: chunksOf(childFirst) } });
    expect(digestWorld(mixed.world, mixed.monoMs)).toBe(digestWorld(inOrder.world, inOrder.monoMs));
    expect(reversed.snapshot("root").steps).toBe(1n);
    expect(reversed.world.executions.parent.get(reversed.index("leaf"))).toBe(reversed.index("child"));
  });

  test("numbers without a text are no execution, and their place is free again", async () => {
    const engine = await createTree();
    const leaf = engine.index("leaf");
    const rows = rowsOf(engine).filter(({ table, key }) => table !== "execution_texts" || key !== leaf);
    const after = engine.restarted(0, { loss: { rows: chunksOf(rows) }, maxLiveExecutions: 4 });
    expect(after.index("leaf")).toBe(-1);
    expect(after.world.executions.size).toBe(2);
    for (const id of ["other", "another"]) expect(after.register(id).decision.verdict).toBe("ALLOW");
    expect(after.snapshot("other").steps).toBe(0n);
    expect(after.snapshot("root").steps).toBe(1n);
  });
});

/** Names of plain ASCII mostly, and such as JSON writes otherwise: quotes, other alphabets, nothing at all. */
const name = () =>
  string({ unit: constantFrom("a", "b", "-", "7", '"', "\\", ",", "]", "é", "日", "🙂"), maxLength: 4 });

describe("executions that are taken up before their records are read", () => {
  test("whom a run is for and what it is called comes back as it was", async () => {
    const run = recordOf({
      id: name(),
      session: name(),
      principal: recordOf(
        { tenant: name(), team: name(), user: name(), apiKeyId: name(), agent: name() },
        { requiredKeys: ["tenant"] },
      ),
      labels: constantFrom<{ [name: string]: string } | undefined>(undefined, { region: "north" }),
      child: option(name(), { nil: undefined }),
    });
    await assert(
      asyncProperty(array(run, { maxLength: 8 }), async (runs) => {
        const engine = new Engine({});
        for (const [at, { id, session, principal, labels, child }] of runs.entries()) {
          const root = `${at}${id}`;
          engine.register(root, { session, principal, ...(labels === undefined ? {} : { labels }) });
          if (child !== undefined) engine.register(`${at}/${child}`, { parentId: root });
        }
        await engine.save();
        const { executions } = engine.restarted(0).world;
        const known = [...engine.world.executions.indexes()].map((at) => engine.world.executions.record(at));
        expect([...executions.indexes()].map((at) => executions.record(at))).toMatchObject(
          known.map(({ caller, id, session, principal, parentId, labels, chain }) => {
            return { caller, id, session, principal, parentId, labels, chain };
          }),
        );
        for (const { index, caller, id } of known) expect(executions.find(caller, id)).toBe(index);
      }),
      { numRuns: 60 },
    );
  });

  test("they are read in pieces when nobody asks for them, and the first who asks finds them meanwhile", async () => {
    const engine = new Engine({});
    engine.register("root");
    for (let at = 0; at < 99; at++) engine.register(`child ${at}`, { parentId: "root" });
    engine.charge("child 98", STEP, { requestId: "once" });
    await engine.save();
    const after = engine.restarted(0);
    const { executions } = after.world;
    expect(executions.live).toBe(100);
    expect(executions.isUnread(98)).toBe(true);
    expect(executions.record(98).chain).toEqual([0]);
    expect(executions.isUnread(0)).toBe(false);
    expect(executions.readSome(2)).toBe(2);
    expect(executions.isUnread(63)).toBe(false);
    expect(executions.isUnread(64)).toBe(true);
    expect(executions.readSome(100)).toBe(2);
    expect(executions.hasUnread).toBe(false);
    expect(digestWorld(after.world, after.monoMs)).toBe(digestWorld(engine.world, engine.monoMs));
  });

  test("their deadlines hold, and what ends them reads them", async () => {
    const engine = new Engine({ limits: policyOf({ max_wall_time_ms: 60_000n }) });
    engine.register("root");
    engine.register("child", { parentId: "root" });
    await engine.save();
    const after = engine.restarted(59_000);
    after.settleDue();
    expect(after.world.executions.state.get(1)).toBe(STATE.running);
    const later = engine.restarted(3_600_000);
    expect(later.world.executions.isUnread(1)).toBe(true);
    later.settleDue();
    expect(later.world.executions.state.get(1)).toBe(STATE.halted);
  });

  test("the roots of a session are found before they are read, whether they named it or are it", async () => {
    const engine = new Engine({});
    engine.register("job");
    engine.register("second", { session: "job" });
    engine.register("third", { session: "job" });
    engine.register("other", { session: "another job" });
    engine.register("below", { parentId: "third" });
    await engine.save();
    const { executions } = engine.restarted(0).world;
    expect(executions.isUnread(engine.index("second"))).toBe(true);
    const below = executions.record(engine.index("below"));
    expect([...executions.sessionRoots(below)].toSorted()).toEqual(
      ["job", "second", "third"].map((id) => engine.index(id)),
    );
    executions.remove(engine.index("second"));
    expect(executions.sessionRoots(below)).not.toContain(engine.index("second"));
  });

  test("a policy that is swapped in before they are read holds for them", async () => {
    const engine = new Engine({ limits: policyOf({ max_steps: 5n }) });
    engine.register("run");
    await engine.save();
    const after = engine.restarted(0);
    expect(after.world.executions.isUnread(0)).toBe(true);
    const { policy } = after.world;
    const set = policySetOf(policyOf({ max_steps: 1n }));
    swapPolicy(after.world, { ...policy, generation: policy.generation + 1, set });
    after.charge("run", STEP, { requestId: "one" });
    expect(after.charge("run", STEP, { requestId: "two" }).verdict).toBe("BLOCK");
  });
});
