import { counted } from '../status/units.js';
import type { Config, Preview } from './api.js';
import { Icon } from './icons.js';
import { Escaped } from './names.js';
import { Command, mayAct, type ViewProps } from './parts.js';
import { useState } from './preact.js';
import { momentOf } from './times.js';

/** How the configuration file differs from what is loaded, and what loading it would do. */
export function OnDisk(props: ViewProps & { config: Config }) {
  const { model, config } = props;
  const { valid, complaints, differs, differsSinceMs } = config;
  if (differsSinceMs === null) return <p class="soft">The file on disk says the same.</p>;
  const since = momentOf(differsSinceMs, model.nowMs, model.zone);
  return (
    <div class="ondisk">
      <p class={valid ? 'noted s-warn' : 'noted s-bad'}>
        <Icon name="diff" tone={valid ? 'warn' : 'bad'} />
        <span>
          The file on disk is another one since {since}
          {valid ? '.' : ', and is not valid: loading it changes nothing.'}
        </span>
      </p>
      {complaints.length === 0 ? null : (
        <ul class="complaints">
          {complaints.map((complaint) => (
            <li key={complaint}>
              <code>
                <Escaped text={complaint} />
              </code>
            </li>
          ))}
        </ul>
      )}
      {differs.length === 0 ? null : <Differences differs={differs} />}
      {model.preview ? <Reload {...props} preview={model.preview} /> : null}
    </div>
  );
}

function Differences({ differs }: Pick<Config, 'differs'>) {
  return (
    <table class="settings">
      <thead>
        <tr>
          <th scope="col">Setting</th>
          <th scope="col">In effect</th>
          <th scope="col">On disk</th>
        </tr>
      </thead>
      <tbody>
        {differs.map(({ setting, at, loaded, disk }) => (
          <tr key={setting}>
            <th scope="row">
              <Escaped text={setting} />
              {at === null ? null : (
                <small>
                  <Escaped text={at} />
                </small>
              )}
            </th>
            <td>
              <Value value={loaded} />
            </td>
            <td>
              <Value value={disk} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Value({ value }: { value: string | null }) {
  if (value === null) return <span class="muted">not set</span>;
  return <code>{value === '' ? '""' : <Escaped text={value} />}</code>;
}

/** What a reload would change and destroy, and the button that makes it, for exactly the file that is shown. */
function Reload(props: ViewProps & { preview: Preview }) {
  const { preview, acts } = props;
  const { outcome, refused, affected, digest } = preview;
  const isDestructive = affected.length > 0;
  return (
    <section aria-labelledby="h-reload">
      <h3 id="h-reload">What loading it would do</h3>
      <ul class="plan">
        {refused.map((why) => (
          <li class="s-bad" key={why}>
            <Escaped text={why} />
          </li>
        ))}
        {linesOf(preview).map((line) => (
          <li key={line}>
            <Escaped text={line} />
          </li>
        ))}
        {affected.map((one) => (
          <li class="s-bad" key={`${one.mirror} ${one.setting} ${one.becomes}`}>
            <Escaped text={affectedText(one)} />
            {one.names.length === 0 ? null : (
              <small>
                <Escaped text={one.names.join(', ')} />
              </small>
            )}
          </li>
        ))}
      </ul>
      {outcome === 'refused' || digest === null ? null : mayAct(props) ? (
        <Load key={digest} digest={digest} isDestructive={isDestructive} acts={acts} />
      ) : (
        <Command text={`longshore reload${isDestructive ? ' --apply' : ''}`} acts={acts} />
      )}
    </section>
  );
}

const PHRASE = 'apply';

function Load({
  digest,
  isDestructive,
  acts,
}: Pick<ViewProps, 'acts'> & { digest: string; isDestructive: boolean }) {
  const [typed, setTyped] = useState('');
  const isReady = !isDestructive || typed.trim().toLowerCase() === PHRASE;
  return (
    <form
      class="confirm"
      onSubmit={(event) => {
        event.preventDefault();
        if (isReady) acts?.reload(digest, isDestructive ? PHRASE : undefined);
      }}
    >
      {isDestructive ? (
        <>
          <label for="typed-reload">
            Type <code>{PHRASE}</code>
          </label>
          <input
            id="typed-reload"
            value={typed}
            autocomplete="off"
            spellcheck={false}
            autocapitalize="off"
            onInput={(event) => setTyped(event.currentTarget.value)}
          />
        </>
      ) : null}
      <button
        type="submit"
        class={isReady ? (isDestructive ? 'danger' : 'primary') : ''}
        disabled={!isReady}
      >
        Load the file on disk
      </button>
      <p class="note">
        This file exactly: if it changes before that, nothing is done. Same as{' '}
        <code>longshore reload{isDestructive ? ' --apply' : ''}</code>
      </p>
    </form>
  );
}

/** What goes on, begins and ends. */
function linesOf({ mirrors, targets, daemon, outcome }: Preview): readonly string[] {
  const names = (list: readonly string[]) => list.join(', ');
  const { kept, added, removed, changed } = mirrors;
  return [
    ...(outcome === 'unchanged' ? ['Nothing: it says the same in other words.'] : []),
    ...(added.length > 0 ? [`Mirrors that begin: ${names(added)}`] : []),
    ...(removed.length > 0 ? [`Mirrors that end: ${names(removed)}`] : []),
    ...changed.map(
      ({ mirror, settings, restarts }) =>
        `${mirror} ${restarts ? 'begins again, with a scan' : 'goes on'}: ${names(settings)}`,
    ),
    ...targets.map(
      ({ target, settings }) =>
        `Target ${target}: ${settings.length === 0 ? 'added or removed' : names(settings)}`,
    ),
    ...(daemon.length > 0 ? [`The daemon: ${names(daemon)}`] : []),
    ...(kept.length > 0 && outcome !== 'unchanged'
      ? [`${counted(kept.length, 'mirror')} not touched`]
      : []),
  ];
}

const BECOMES = {
  deleted: 'deleted, unless the guard holds it',
  left: 'left in the container without a mirror',
  replaced: 'replaced by what their files have',
  held: 'held until a person accepts the source',
} as const;

function affectedText({ mirror, setting, becomes, objects, why }: Preview['affected'][number]) {
  const amount = objects === null ? 'Objects' : counted(objects, 'object');
  return `${amount} of ${mirror} ${BECOMES[becomes]}: ${why} (${setting})`;
}
