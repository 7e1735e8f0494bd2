import { bytes, count, counted, duration } from '../status/units.js';
import type { ApiTarget, MirrorDetail } from './api.js';
import { ruleText } from './excluded.js';
import { Name } from './names.js';
import { Facts, type MirrorProps, type ViewProps } from './parts.js';
import { percent } from './small-plots.js';
import { targetFacts } from './targets.js';
import { momentOf } from './times.js';

/** What is known of a mirror's source, its comparisons and its target. */
export function MirrorFacts(props: MirrorProps) {
  const { model, mirror } = props;
  const target = model.targets.find((one) => one.target === mirror.target);
  return (
    <aside aria-label={`Facts about ${mirror.mirror}`}>
      <SourceFacts {...props} />
      <ComparisonFacts {...props} />
      {target ? (
        <>
          <h2>Target {target.target}</h2>
          <Facts
            rows={[
              ...placeRows(model.mirror?.detail, mirror.target),
              ['Health', HEALTH[target.state]],
              ...targetFacts(target, model.nowMs),
              leaseRow(model),
            ]}
          />
          <h2>Cost drivers</h2>
          <Facts rows={costRows(target, model.mirror?.detail)} />
        </>
      ) : null}
    </aside>
  );
}

function SourceFacts({ model, mirror }: MirrorProps) {
  const { objects, bytes: size, quarantined } = mirror;
  const { source, excluded, watch } = model.mirror?.detail ?? {};
  return (
    <>
      <h2>Source</h2>
      <Facts
        rows={[
          source ? ['Folder', <Name name={source} most={40} />] : null,
          ['Mirrored', counted(objects, 'object'), size ? bytes(size) : ''],
          excluded ? ['Excluded', excludedText(excluded.entries), excludedBy(excluded)] : null,
          ['Quarantined', count(quarantined), quarantined > 0 ? 'see Failures' : ''],
          watch
            ? [
                'Watch',
                watch.engine === 'scan'
                  ? 'scans on a timer only'
                  : `${watch.engine}, ${counted(watch.directories, 'folder')}`,
              ]
            : null,
          watch
            ? [
                'Events lost',
                watch.losses === 0 ? 'never' : counted(watch.losses, 'time'),
                watch.losses === 0 ? '' : 'scanned each time',
              ]
            : null,
        ]}
      />
    </>
  );
}

/** The rule that excludes the most. */
function excludedBy({ rules, more }: MirrorDetail['excluded']): string {
  const [first] = rules;
  const by =
    first === undefined ? '' : `${count(first.entries)} by ${ruleText(first)}; see Settings`;
  return more === null ? by : `${count(more)} more than within the last day; ${by}`;
}

function excludedText(entries: number | null): string {
  if (entries === null) return 'not known yet';
  return entries === 0 ? 'nothing' : counted(entries, 'entry', 'entries');
}

const DELETES = {
  mirror: 'at once, without a trash',
  trash: 'to the trash',
  keep: 'not at all: objects are kept',
} as const;

function ComparisonFacts({ model, mirror }: MirrorProps) {
  const { nowMs, zone } = model;
  const { lastScan = null } = model.mirror?.detail ?? {};
  const last = mirror.lastReconcile ?? null;
  const share = mirror.readBackShare ?? null;
  return (
    <>
      <h2>Comparisons</h2>
      <Facts
        rows={[
          lastScan
            ? [
                'Last scan',
                `${momentOf(lastScan.startedAtMs, nowMs, zone)}, ${duration(lastScan.seconds)}`,
              ]
            : null,
          last === null
            ? ['Last reconcile', '–', 'not known yet']
            : [
                'Last reconcile',
                `${momentOf(last.startedAtMs, nowMs, zone)}, ${duration(last.seconds)}`,
                last.differences === 0
                  ? 'no difference'
                  : `${counted(last.differences, 'object')} differed and ${last.differences === 1 ? 'was' : 'were'} sent again`,
              ],
          [
            'Read back',
            share === null ? '–' : percent(share, 1),
            share === null ? 'not known yet' : '',
          ],
        ]}
      />
    </>
  );
}

const HEALTH = { up: 'Up', down: 'Down', paused: 'Paused' } as const;

function placeRows(detail: MirrorDetail | undefined, target: string) {
  if (detail === undefined) return [];
  const place = `${target}:${detail.container}/${detail.prefix}`;
  return [
    ['Container', <Name name={place} most={40} />] as const,
    ['Deletes', DELETES[detail.deletes]] as const,
  ];
}

/** What providers bill besides the objects: of a target that is for all its mirrors. */
function costRows({ month }: ApiTarget, detail: MirrorDetail | undefined) {
  return [
    month ? (['Received this month', bytes(month.receivedBytes), 'of the target'] as const) : null,
    month ? (['Sent this month', bytes(month.sentBytes)] as const) : null,
    detail
      ? ([
          'Unfinished uploads',
          detail.unfinishedUploads === 0 ? 'none' : count(detail.unfinishedUploads),
          detail.unfinishedUploads === 0 ? '' : 'their parts are billed until they end',
        ] as const)
      : null,
    detail?.deletes === 'trash' ? (['Trash', 'see Trash and restore'] as const) : null,
  ];
}

function leaseRow(model: ViewProps['model']): readonly [string, string] | null {
  const { lease = null } = model.mirror?.detail ?? {};
  if (lease === null) return null;
  if (!lease.held) return ['Lease', 'not held'];
  const ago =
    lease.renewedAtMs === null
      ? ''
      : `, renewed ${duration((model.nowMs - lease.renewedAtMs) / 1_000)} ago`;
  return ['Lease', `held${ago}`];
}
