/** Most decimals that findings print of a value or a bound. */
const MAX_DECIMALS = 6;

/** A value and its bound as findings print them: whole numbers plainly, others with 2 to 6 decimals, never equal unless they are. */
export function formatPair(value: number, bound: number): readonly [string, string] {
  if (Number.isInteger(value) && Number.isInteger(bound)) return [String(value), String(bound)];
  const texts = [formatDecimal(value), formatDecimal(bound)] as const;
  return texts[0] === texts[1] && value !== bound ? [String(value), String(bound)] : texts;
}

function formatDecimal(value: number): string {
  // Far outside any bound that people write, fixed decimals would be noise.
  if (Math.abs(value) >= 1e15) return String(value);
  const [whole, decimals = ""] = value.toFixed(MAX_DECIMALS).split(".");
  return `${whole}.${decimals.replace(/0{1,4}$/, "")}`;
}
