import { array, assert, integer, property, record as recordOf } from "fast-check";
import { expect, test } from "vitest";
import { createRows, IntColumn } from "../../../../src/engine/executions/table/columns.ts";
import { SharedColumn } from "../../../../src/engine/executions/table/shared-column.ts";

const ROWS = 12;

test("keeps for every row what was set last, and nothing that no row names", () => {
  const values = Array.from({ length: 6 }, (_, number) => ({ number }));
  const step = recordOf({ row: integer({ min: 0, max: ROWS - 1 }), value: integer({ min: -1, max: 5 }) });
  assert(
    property(array(step, { maxLength: 300 }), (steps) => {
      const column = new SharedColumn<(typeof values)[number]>(new IntColumn(createRows(ROWS), 56));
      const model: ((typeof values)[number] | undefined)[] = Array.from({ length: ROWS }, () => undefined);
      for (const { row, value } of steps) {
        column.set(row, values[value]);
        model[row] = values[value];
      }
      expect(model.map((_, row) => column.get(row))).toEqual(model);
      const named = new Set(model.filter((one) => one !== undefined));
      expect(new Set(column.values())).toEqual(named);
      expect(column.size).toBe(named.size);
    }),
  );
});
