import { counted } from '../status/units.js';
import type { QuarantinedObject } from './api.js';
import { Icon } from './icons.js';
import { Escaped, FullName } from './names.js';
import { Command, commandLine, type MirrorProps, mayAct } from './parts.js';
import { momentOf } from './times.js';

/** The objects that failed repeatedly: what happened, and what to do. */
export function Failures(props: MirrorProps) {
  const failures = props.model.mirror?.quarantined ?? [];
  if (failures.length === 0) return <p class="empty">No object is quarantined.</p>;
  return (
    <>
      {failures.map((failure) => (
        <Failure {...props} failure={failure} key={failure.name} />
      ))}
    </>
  );
}

function Failure({ failure, model, mirror, acts }: MirrorProps & { failure: QuarantinedObject }) {
  const { name, error, advice, attempts, sinceMs, nextTryMs } = failure;
  const { nowMs, zone } = model;
  const next =
    nextTryMs === null ? 'once a scan finds it due' : `at ${momentOf(nextTryMs, nowMs, zone)}`;
  return (
    <div class="fail">
      <div class="cls">
        <Icon name="quar" tone="warn" />
        {failure.class}
      </div>
      <div>
        <p>
          <FullName name={name} />
        </p>
        <p>
          <Escaped text={error} />
        </p>
        {advice ? (
          <p class="do">
            <Escaped text={advice} />
          </p>
        ) : null}
        <p class="tries">
          {counted(attempts, 'try', 'tries')} since {momentOf(sinceMs, nowMs, zone)}; the next one{' '}
          {next}, or when the file changes.
        </p>
        {acts ? null : <Command text={commandLine('retry', mirror.mirror, name)} />}
      </div>
      {acts ? (
        <div class="acts">
          {mayAct({ model, acts }) ? (
            <button type="button" onClick={() => acts.retry(mirror.mirror, name)}>
              Retry now
            </button>
          ) : null}
          <button type="button" class="quiet" onClick={() => acts.openWhy(mirror.mirror, name)}>
            Why
          </button>
        </div>
      ) : null}
    </div>
  );
}
