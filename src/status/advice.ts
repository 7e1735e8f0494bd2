/** What a person can do about a quarantined object, by the class of its failure; see FailureClass. */
const ADVICE: Readonly<Record<string, string>> = {
  permission: 'Let the user of longshore read the file, or exclude it.',
  unreadable: 'Look at the disk and at the log of the kernel; exclude the file if it is lost.',
  name: 'Rename the file, or remove the object that is in its way.',
  'too-large': 'Exclude the file, or choose a target that takes larger objects.',
  busy: 'Exclude the file, or mirror a copy of it that is not written to.',
  'hash-mismatch': 'Look for a proxy or a disk that changes data; longshore tries again.',
  'access-denied': 'Give the account the right to write this object.',
  vanished: 'Nothing: longshore begins again with the whole object.',
  refused: 'Read what the provider says; the same request is not accepted later either.',
  failing: 'Nothing for now: longshore tries again, less and less often.',
};

export function adviceOn(failureClass: string): string {
  const known = Object.hasOwn(ADVICE, failureClass) ? ADVICE[failureClass] : undefined;
  return known ?? 'Read the error: it says what failed, and on what.';
}
