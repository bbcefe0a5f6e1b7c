/** The file holds executions beyond the places that the table has: taking up the others alone would lose these. */
export class NoRoomError extends Error {
  override readonly name = "NoRoomError";

  constructor(index: number, maxLiveExecutions: number) {
    super(
      `the file holds executions for which max_live_executions (${maxLiveExecutions}) leaves no room; start with at least ${Math.ceil((index + 1) / 2)}`,
    );
  }
}
