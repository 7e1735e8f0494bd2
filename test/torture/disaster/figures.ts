/** Something that longshore promises did not hold. */
export class DisasterFailure extends Error {
  override readonly name = 'DisasterFailure';
}

/** What came of the rounds so far. */
export interface Figures {
  /** Files and links that were restored and judged. */
  restored: number;
  /** Machines that died when something was not sent yet. */
  amidUploads: number;
  /** Rounds whose container was restored as it was at the settled moment. */
  atTime: number;
}
