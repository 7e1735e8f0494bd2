/**
 * Places between two steps at which tests crash the program. Each is named after the step that was done and the one that
 * was not.
 */
export const FAILPOINTS = [
  'sync: marked as sending, nothing sent',
  'sync: object put, not recorded',
  'sync: batch marked, nothing sent',
  'sync: batch sent in part',
  'sync: batch sent, not recorded',
  'sync: batch compared, not recorded',
  'sync: object recorded, its upload not forgotten',
  'sync: object copied, not recorded',
  'sync: metadata replaced, not recorded',
  'sync: room made, object not sent',
  'sync: object kept in the trash, not deleted',
  'sync: object deleted, not forgotten',
  'sync: all found, first reconcile not noted',
  'sync: run done, ledger not updated',
  'state: lock linked, folder not synced',
  'state: document written, not renamed',
  'state: document renamed, folder not synced',
  'state: index marked in use, not opened',
  'state: index closed, mark not removed',
  'state: index committed, leads not noted',
  'state: index committed, writers not notified',
  'state: records copied to the other engine, not renamed',
  'state: index of the new engine in place, old one not removed',
  'puts: one of many stored, the others under way',
  'parts: upload begun, not noted',
  'parts: upload noted, no part sent',
  'parts: part sent, not the last',
  'parts: all sent, not completed',
  'parts: completed, not recorded',
  'local: temporary file written, not synced',
  'local: contents synced, not renamed',
  'local: one of a group renamed, the others not',
  'local: object renamed, its record not written',
  'local: group committed, folders not synced',
  'local: object unlinked, its record not removed',
  'local: copy written, not renamed',
] as const;

export type Failpoint = (typeof FAILPOINTS)[number];

/**
 * Nothing, and calls to it are dropped from the bundled program. The build for `npm run test:torture` puts another module in
 * the place of this one, which ends the process at a chosen failpoint.
 */
// @__NO_SIDE_EFFECTS__
export function failpoint(_reached: Failpoint): void {}
