import { array, assert, constant, integer, oneof, property } from "fast-check";
import { expect, test } from "vitest";
import { Queue } from "../../../../src/engine/queue.ts";

test("gives back what was put in, in its order, as a list does", () => {
  const step = oneof(constant("shift" as const), constant("sort" as const), integer());
  assert(
    property(array(step, { maxLength: 60 }), integer({ min: 0, max: 3_000 }), (steps, many) => {
      const queue = new Queue<number>();
      const list: number[] = [];
      const taken: (number | undefined)[][] = [];
      const push = (item: number): void => {
        queue.push(item);
        list.push(item);
      };
      for (let at = 0; at < many; at++) push(at);
      for (const one of [...steps, ...Array.from({ length: many >> 1 }, () => "shift" as const), ...steps]) {
        if (one === "shift") taken.push([queue.shift(), list.shift()]);
        else if (one === "sort") {
          queue.sort((left, right) => right - left);
          list.sort((left, right) => right - left);
        } else push(one);
        expect([queue.length, queue.first]).toEqual([list.length, list[0]]);
      }
      expect([...queue]).toEqual(list);
      expect(taken.map(([item]) => item)).toEqual(taken.map(([, item]) => item));
    }),
    { numRuns: 50 },
  );
});
