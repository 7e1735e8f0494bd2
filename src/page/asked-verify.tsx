import { bytes, count, counted } from '../status/units.js';
import type { Verify } from './api.js';
import { Name } from './names.js';
import { Command, commandLine, type MirrorProps, mayAct } from './parts.js';
import { momentOf } from './times.js';

type Asked = NonNullable<Verify['asked']>;

const SHARES = ['1%', '5%', 'all'] as const;

/** Reading back when a person asks for it: how far it is, what was found, and how to begin it. */
export function AskedVerify(props: MirrorProps) {
  const { model, mirror, acts } = props;
  const asked = model.mirror?.verify?.asked ?? null;
  const isRunning = asked?.state === 'running';
  return (
    <section aria-labelledby="h-read-back">
      <h2 id="h-read-back">Read back now</h2>
      {asked === null ? null : <Reading {...props} asked={asked} />}
      {mayAct(props) ? (
        <p class="filters">
          {isRunning ? (
            <button type="button" onClick={() => acts?.stopVerify(mirror.mirror)}>
              Stop
            </button>
          ) : (
            SHARES.map((share) => (
              <button type="button" onClick={() => acts?.verify(mirror.mirror, share)} key={share}>
                Read {share === 'all' ? 'all' : share} back
              </button>
            ))
          )}
        </p>
      ) : null}
      <p class="soft">
        The daemon downloads the objects whose last proof is the oldest, and compares their bytes.
        The same in a terminal:
      </p>
      <Command text={`${commandLine('verify', mirror.mirror)} --daemon`} acts={acts} />
    </section>
  );
}

function Reading({ asked, model }: MirrorProps & { asked: Asked }) {
  const { state, startedAtMs, endedAtMs, objects, bytes: size, wrong, error } = asked;
  const share = shareOf(asked);
  const at = momentOf(endedAtMs ?? startedAtMs, model.nowMs, model.zone);
  return (
    <>
      <p>
        {WORDS[state]} {at}: {counted(objects, 'object')}, {bytes(size)}; {foundText(asked)}.
        {error === null ? null : ` ${error}.`}
      </p>
      {share === undefined ? null : (
        <progress max={100} value={share * 100} aria-label="Read back" />
      )}
      {wrong.length === 0 ? null : (
        <ul>
          {wrong.map(({ name, problem }) => (
            <li key={name}>
              <Name name={name} /> {problem}
            </li>
          ))}
        </ul>
      )}
    </>
  );
}

const WORDS = {
  running: 'Reading since',
  finished: 'Read until',
  stopped: 'Stopped at',
  failed: 'Failed at',
} as const;

/** While it runs, from 0 to 1. */
function shareOf({ state, objectsToRead, bytesToRead, objects, bytes: size }: Asked) {
  if (state !== 'running') return undefined;
  if (objectsToRead !== null) return objectsToRead === 0 ? 1 : Math.min(1, objects / objectsToRead);
  return bytesToRead ? Math.min(1, size / bytesToRead) : undefined;
}

function foundText({ proven, wrongObjects, unreadable, unverified }: Asked): string {
  return [
    `${count(proven)} proven`,
    wrongObjects === 0 ? 'none wrong' : `${count(wrongObjects)} wrong`,
    ...(unreadable === 0 ? [] : [`${count(unreadable)} could not be read`]),
    ...(unverified === 0 ? [] : [`${count(unverified)} without a digest`]),
  ].join(', ');
}
