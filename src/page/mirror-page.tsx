import { bytes, count, counted, duration } from '../status/units.js';
import { ChangesTable, NoChange } from './changes.js';
import { Failures } from './failures.js';
import { Icon } from './icons.js';
import { Now } from './mirror-now.js';
import { mirrorAddress, mirrorOf, type Tab } from './model.js';
import { Escaped, FullName } from './names.js';
import { Command, commandLine, type MirrorProps, mayAct, type ViewProps } from './parts.js';
import { Proof } from './proof.js';
import { MirrorSettings } from './settings.js';
import { shownOf, worstFirst } from './states.js';
import { minuteOf, momentOf } from './times.js';
import { TrashTab } from './trash-tab.js';

/** One mirror: its verdict, and a tab for each question about it. */
export function MirrorPage(props: ViewProps & { name: string; tab: Tab }) {
  const { model, name, tab } = props;
  const mirror = mirrorOf(model, name);
  if (mirror === undefined) return <Unknown name={name} />;
  const all = { ...props, mirror };
  return (
    <>
      <Strip model={model} name={name} />
      <Head {...all} />
      <Tabs {...all} />
      <div class="panel">
        {tab === 'failures' ? <Failures {...all} /> : null}
        {tab === 'changes' ? <Changes {...props} /> : null}
        {tab === 'proof' ? <Proof {...all} /> : null}
        {tab === 'trash' ? <TrashTab {...all} /> : null}
        {tab === 'settings' ? <MirrorSettings {...all} /> : null}
        {tab === 'now' ? <Now {...all} /> : null}
      </div>
    </>
  );
}

function Unknown({ name }: { name: string }) {
  return (
    <section class="verdict">
      <Icon name="start" tone="stop" big />
      <h1>
        No mirror has the name <FullName name={name} />.
      </h1>
      <p class="sub">
        <a href="/">All mirrors</a>
      </p>
    </section>
  );
}

/** The way from one mirror to the others. */
function Strip({ model, name }: Pick<ViewProps, 'model'> & { name: string }) {
  return (
    <nav class="strip" aria-label="Mirrors">
      {worstFirst(model.status.mirrors).map((mirror) => {
        const { icon, tone, word } = shownOf(mirror);
        return (
          <a
            href={mirrorAddress(mirror.mirror)}
            aria-current={mirror.mirror === name ? 'page' : undefined}
            key={mirror.mirror}
          >
            <Icon name={icon} tone={tone} />
            <span class="vh">{word}: </span>
            <Escaped text={mirror.mirror} />
          </a>
        );
      })}
    </nav>
  );
}

function Head(props: MirrorProps) {
  const { mirror, acts } = props;
  const { icon, tone } = shownOf(mirror);
  return (
    <section class="mhead">
      <Icon name={icon} tone={tone} big />
      <h1>{claimOf(props)}</h1>
      <p class="sub">{subOf(props)}</p>
      <div class="acts needs-live">
        {mirror.held > 0 && acts && props.model.link.state === 'live' ? (
          <button type="button" class="primary" onClick={() => acts.openHeld(mirror.mirror)}>
            Review and decide
          </button>
        ) : null}
        {mayAct(props) ? (
          <>
            <button type="button" onClick={() => acts?.reconcile(mirror.mirror)}>
              Reconcile now
            </button>
            <button type="button" onClick={() => acts?.openPause()}>
              Pause…
            </button>
          </>
        ) : (
          <Command text={commandLine('status', mirror.mirror)} acts={acts} />
        )}
      </div>
    </section>
  );
}

function claimOf({ model, mirror }: MirrorProps) {
  const { currentToMs, lagSeconds, lagTargetSeconds = null } = mirror;
  const { nowMs, zone, link } = model;
  const isStale = link.state === 'stale';
  if (currentToMs === null)
    return `${mirror.mirror}: what is in the container ${isStale ? 'was not known' : 'is not known yet'}.`;
  const claim = `Everything up to ${momentOf(currentToMs, nowMs, zone)} ${isStale ? 'was' : 'is'} in the container`;
  if (isStale || lagSeconds === null || lagSeconds === 0) return `${claim}.`;
  const target = lagTargetSeconds === null ? '' : `, of a target of ${duration(lagTargetSeconds)}`;
  return `${claim}: ${duration(lagSeconds)} behind${target}.`;
}

function subOf({ model, mirror }: MirrorProps): string {
  const { queued, queuedBytes, emptyAtMs = null, why, held } = mirror;
  const waits =
    queued === 0
      ? ''
      : `${counted(queued, 'object')}${queuedBytes ? ` (${bytes(queuedBytes)})` : ''} ${queued === 1 ? 'waits' : 'wait'}.`;
  const empty =
    emptyAtMs === null ? '' : `The queue is empty at about ${minuteOf(emptyAtMs, model.zone)}.`;
  const holds = held === 0 ? '' : `${counted(held, 'change')} ${held === 1 ? 'is' : 'are'} held.`;
  return [`${shownOf(mirror).word}${why === '' ? '.' : `: ${why}.`}`, waits, empty, holds]
    .filter((part) => part !== '')
    .join(' ')
    .replaceAll('..', '.');
}

function Tabs({ model, mirror, ...props }: MirrorProps & { tab?: Tab }) {
  const { mirror: parts } = model;
  const current = props.tab ?? 'now';
  const tabs: readonly (readonly [tab: Tab, word: string, amount?: number])[] = [
    ['now', 'Now'],
    ...(parts?.quarantined ? [['failures', 'Failures', mirror.quarantined] as const] : []),
    ...(model.changes ? [['changes', 'Changes'] as const] : []),
    ...(parts?.verify ? [['proof', 'Proof'] as const] : []),
    ...(parts?.detail ? [['trash', 'Trash and restore'] as const] : []),
    ['settings', 'Settings'],
  ];
  return (
    <nav class="tabs" aria-label={`About ${mirror.mirror}`}>
      {tabs.map(([tab, word, amount = 0]) => (
        <a
          href={mirrorAddress(mirror.mirror, tab)}
          aria-current={tab === current ? 'page' : undefined}
          key={tab}
        >
          {word}
          {amount > 0 ? (
            <>
              {' '}
              <span class="n">{count(amount)}</span>
            </>
          ) : null}
        </a>
      ))}
    </nav>
  );
}

function Changes(props: ViewProps) {
  const { changes = [] } = props.model;
  return changes.length === 0 ? (
    <NoChange {...props} />
  ) : (
    <ChangesTable {...props} changes={changes} />
  );
}
