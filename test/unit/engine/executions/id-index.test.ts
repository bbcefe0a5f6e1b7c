import {
  array,
  assert,
  boolean,
  constantFrom,
  integer,
  property,
  record as recordOf,
  string,
} from "fast-check";
import { expect, test } from "vitest";
import type { CallerId } from "../../../../src/domain/ids.ts";
import type { ExecutionRecord } from "../../../../src/engine/executions/execution-record.ts";
import { IdIndex } from "../../../../src/engine/executions/table/id-index.ts";

const CALLERS = ["uds", "tcp"] as CallerId[];

/** What a Map of maps would do, over many inserts, removals and look-ups; one by one and all at once. */
test("finds what was inserted under the same caller and id, and nothing else", () => {
  const step = recordOf({
    remove: boolean(),
    caller: constantFrom(...CALLERS),
    id: integer({ min: 0, max: 400 }).map((number) => `e${number}`),
  });
  assert(
    property(array(step, { maxLength: 2_000, size: "max" }), (steps) => {
      const records: ExecutionRecord[] = [];
      const index = new IdIndex({ record: (at) => records[at] as ExecutionRecord }, "seed");
      const model = new Map<string, number>();
      for (const { remove, caller, id } of steps) {
        const known = model.get(`${caller} ${id}`);
        if (remove && known !== undefined) {
          index.remove(records[known] as ExecutionRecord);
          model.delete(`${caller} ${id}`);
        } else if (!remove && known === undefined) {
          const record = { caller, id, index: records.length } as ExecutionRecord;
          records.push(record);
          index.insert(record.index, index.hash(caller, id));
          model.set(`${caller} ${id}`, record.index);
        }
      }
      const asked = Array.from({ length: 402 }, (_, number) => ({ executionId: `e${number}` }));
      for (const caller of CALLERS) {
        const wanted = asked.map(({ executionId }) => model.get(`${caller} ${executionId}`) ?? -1);
        const found = new Int32Array(asked.length);
        index.findAll(caller, asked, found);
        expect([...found]).toEqual(wanted);
        const find = (id: string) => index.findHash(index.hash(caller, id), caller, id);
        expect(asked.map(({ executionId }) => find(executionId))).toEqual(wanted);
      }
    }),
    { numRuns: 40 },
  );
});

test("an id that lies in bytes has the hash of the same id as text", () => {
  const index = new IdIndex({ record: () => ({}) as ExecutionRecord }, "seed");
  index.reserve(5_000);
  assert(
    property(constantFrom(...CALLERS), string({ unit: "binary-ascii" }), (caller, id) => {
      const bytes = new TextEncoder().encode(`"${id}"`);
      expect(index.hashBytes(caller, bytes, 1, bytes.length - 1)).toBe(index.hash(caller, id));
    }),
  );
});
