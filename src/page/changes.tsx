import { bytes, duration } from '../status/units.js';
import type { Change } from './api.js';
import { Icon } from './icons.js';
import { mirrorAddress } from './model.js';
import { Escaped, Name } from './names.js';
import { Command, commandLine, type ViewProps } from './parts.js';
import type { IconName, Tone } from './states.js';
import { momentOf } from './times.js';

interface What {
  readonly word: string;
  readonly icon: IconName;
  readonly tone?: Tone;
}

const JOBS: Readonly<Record<string, What>> = {
  upload_object: { word: 'Uploaded', icon: 'up' },
  copy_object: { word: 'Copied, renamed', icon: 'copy' },
  delete_object: { word: 'Deleted', icon: 'trash' },
  refresh_metadata: { word: 'Metadata', icon: 'meta' },
  adopt: { word: 'Adopted', icon: 'ok' },
  forget: { word: 'Forgotten', icon: 'meta' },
};

/** What happened, in words. */
export function whatOf({
  job,
  outcome,
  attempt,
}: Pick<Change, 'job' | 'outcome' | 'attempt'>): What {
  if (outcome === 'failed')
    return { word: attempt ? `Failed, try ${attempt}` : 'Failed', icon: 'quar', tone: 'warn' };
  if (outcome === 'held')
    return {
      word: job === 'delete_object' ? 'Delete held' : 'Overwrite held',
      icon: 'held',
      tone: 'held',
    };
  return JOBS[job] ?? { word: job, icon: 'event' };
}

/** Changes of a mirror, or of all: the latest first. */
export function ChangesTable({ changes, ...props }: ViewProps & { changes: readonly Change[] }) {
  return (
    <div class="changes">
      <table>
        <thead>
          <tr>
            <th scope="col" class="c-time">
              Time
            </th>
            <th scope="col" class="c-what">
              What
            </th>
            <th scope="col" class="c-mir">
              Mirror
            </th>
            <th scope="col">Path</th>
            <th scope="col" class="num c-size">
              Size
            </th>
            <th scope="col" class="num c-took">
              Took
            </th>
            {props.acts ? (
              <th scope="col" class="c-why">
                <span class="vh">Why</span>
              </th>
            ) : null}
          </tr>
        </thead>
        <tbody>
          {changes.map((change) => (
            <Row {...props} change={change} key={change.id} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Row({ change, model, acts }: ViewProps & { change: Change }) {
  const { atMs, mirror, name, bytes: size, seconds } = change;
  const { word, icon, tone } = whatOf(change);
  return (
    <tr>
      <td class="c-time">{momentOf(atMs, model.nowMs, model.zone)}</td>
      <td class="c-what">
        <span class={tone ? `what s-${tone}` : 'what'}>
          <Icon name={icon} />
          {word}
        </span>
      </td>
      <td class="c-mir">
        <Escaped text={mirror} />
      </td>
      <td class="p">
        <Name name={name} />
      </td>
      <td class="num c-size">{size === null ? '–' : bytes(size)}</td>
      <td class="num c-took">{seconds === null ? '–' : took(seconds)}</td>
      {acts ? (
        <td class="c-why">
          <button type="button" class="quiet why" onClick={() => acts.openWhy(mirror, name)}>
            Why
          </button>
        </td>
      ) : null}
    </tr>
  );
}

/** `0.3 s` below ten seconds, then as everywhere. */
export function took(seconds: number): string {
  return seconds < 10 ? `${seconds.toFixed(1)} s` : duration(seconds);
}

const SHOWN = 8;

/** The last few, on the overview. */
export function RecentChanges(props: ViewProps) {
  const { changes } = props.model;
  if (changes === undefined) return null;
  return (
    <section aria-labelledby="h-changes">
      <div class="h2row">
        <h2 id="h-changes">Recent changes</h2>
        {changes.length > 0 ? <a href="/changes">All of the last 200</a> : null}
      </div>
      {changes.length === 0 ? (
        <NoChange {...props} />
      ) : (
        <ChangesTable {...props} changes={changes.slice(0, SHOWN)} />
      )}
    </section>
  );
}

export function NoChange({ model }: ViewProps) {
  const { startedAtMs } = model.status;
  const ago =
    startedAtMs === undefined ? '' : `, ${duration((model.nowMs - startedAtMs) / 1_000)} ago`;
  return <p class="empty">No change since longshore started{ago}.</p>;
}

/** The page of the last 200 changes. Filters are links, so that they work without script. */
export function ChangesPage(props: ViewProps) {
  const { model } = props;
  const { changes = [], status } = model;
  return (
    <div class="panel">
      <h1 class="page">The last {changes.length} changes</h1>
      {status.mirrors.length > 1 ? (
        <p class="filters soft">
          Of one mirror:{' '}
          {status.mirrors.map(({ mirror }) => (
            <a href={mirrorAddress(mirror, 'changes')} key={mirror}>
              <Escaped text={mirror} />
            </a>
          ))}
        </p>
      ) : null}
      {changes.length === 0 ? (
        <NoChange {...props} />
      ) : (
        <ChangesTable {...props} changes={changes} />
      )}
      <p class="soft">Why an object is where it is, in a terminal:</p>
      <Command text={`${commandLine('why')} PATH`} acts={props.acts} />
    </div>
  );
}
