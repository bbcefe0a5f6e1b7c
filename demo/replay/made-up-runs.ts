import type { RecordedLine, Trajectory } from "./trajectory.ts";

// Runs for a machine without recorded ones: small, always the same, one for each thing that can happen.

const TASK = "Find a cheaper flight for the customer and change the booking. ";
/** Characters of the instructions that every run begins with: about 3,000 tokens. */
const INSTRUCTIONS = TASK.repeat(190);

/** Twelve runs: some end well, some are long, some go in circles. */
export function makeUpRuns(): readonly Trajectory[] {
  const shapes = [
    { turns: 3, calls: 2 },
    { turns: 4, calls: 4, repeats: 1 },
    { turns: 6, calls: 9 },
    { turns: 3, calls: 2, repeats: 4 },
    { turns: 9, calls: 4 },
    { turns: 5, calls: 3 },
    { turns: 8, calls: 14 },
    { turns: 12, calls: 9 },
    { turns: 2, calls: 1 },
    { turns: 7, calls: 6, repeats: 2 },
    { turns: 14, calls: 2 },
    { turns: 4, calls: 1 },
  ];
  return shapes.map((shape, index) => makeUpRun(index, shape));
}

function makeUpRun(index: number, shape: { turns: number; calls: number; repeats?: number }): Trajectory {
  const steps: RecordedLine[] = [{ role: "system", text: INSTRUCTIONS }];
  for (let turn = 0; turn < shape.turns; turn++) {
    steps.push({ role: "user", text: `Request ${turn} of customer ${index}: any flight before noon?` });
    steps.push({ role: "assistant", text: `Looking into it. ${TASK.repeat(2)}` });
  }
  for (let call = 0; call < shape.calls; call++) steps.push(...makeUpCall(`${index}-${call}`, { day: call }));
  for (let repeat = 0; repeat < (shape.repeats ?? 0); repeat++)
    steps.push(...makeUpCall(`${index}-again-${repeat}`, { day: 0 }));
  return { trajectory: index, steps };
}

function makeUpCall(id: string, args: { readonly day: number }): readonly RecordedLine[] {
  const output = JSON.stringify({ flights: [{ number: `TG${args.day}`, price: 100 + args.day }] });
  return [
    { call: "search_flights", id, args: JSON.stringify(args) },
    { output_of: id, name: "search_flights", output },
  ];
}
