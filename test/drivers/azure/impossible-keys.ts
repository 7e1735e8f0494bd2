/** The keys of the conformance suite that Azure cannot hold: controls, `\`, and dots at the end of a part of a name. */
export function impossibleKey(key: string): boolean {
  return /[\x00-\x1f\x7f-\x9f\\\ufffe]/.test(key) || /\.(\/|$)/.test(key);
}
