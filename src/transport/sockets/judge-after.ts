/**
 * Judges a peer after so many ms, behind what has come from it meanwhile: after a pause of this process timers are due before
 * anything is read. Clearing the timer does not hold up a judgement that waits for the reading already, so `judge` looks for itself.
 */
export function judgeAfter(ms: number, judge: () => void): NodeJS.Timeout {
  return setTimeout(() => setImmediate(judge), ms).unref();
}
