import { describe, expect, test } from "vitest";
import { openMemoryStore } from "../../../../src/adapters/memory/cut-store.ts";
import { RecordPacker, RecordReader } from "../../../../src/ports/cut-records.ts";
import { type RowChunk, STATE_TABLES, type StateTable } from "../../../../src/ports/cut-store.ts";
import { digestWorld } from "../../../simulation/world-digest.ts";
import { Engine, STEP } from "../engine-fixture.ts";

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
