/** A notice that somebody should read although everything goes on. */
export type Notice = (event: string, fields: Readonly<Record<string, unknown>>) => void;

/** S3 refuses a signature that is older, or younger, than this. A difference below it is no trouble anywhere. */
export const TOLERATED_SKEW_MS = 15 * 60_000;

/** `skewMs`: the provider's time minus ours. */
export function tellOfSkew(notice: Notice, skewMs: number): void {
  notice('the clock of this machine differs from the provider', { seconds: Math.round(skewMs / 1000), advice: 'set it by NTP' });
}
