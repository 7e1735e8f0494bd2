import { bytes, counted, duration } from '../status/units.js';
import type { Verify } from './api.js';
import { AskedVerify } from './asked-verify.js';
import { Name } from './names.js';
import { Facts, type MirrorProps } from './parts.js';
import { percent } from './small-plots.js';
import { momentOf } from './times.js';

/** How much of the mirror was read back and compared with what was sent. */
export function Proof(props: MirrorProps) {
  const { model } = props;
  const verify = model.mirror?.verify;
  if (verify === undefined) return null;
  if (!verify.on)
    return (
      <>
        <p class="empty">
          Objects of this mirror are not read back by themselves. The setting <code>verify</code> of
          the mirror turns that on.
        </p>
        <AskedVerify {...props} />
      </>
    );
  return (
    <>
      <p class="bigshare">{verify.share === null ? '–' : percent(verify.share, 1)}</p>
      <p class="soft">
        {verify.share === null
          ? 'How much was read back is not known yet.'
          : `of the objects were read back within ${duration(verify.withinSeconds ?? 0)}.`}
      </p>
      <Facts rows={proofFacts(verify, model.nowMs, model.zone)} kind="facts" />
      {verify.damaged.length === 0 ? null : (
        <>
          <h2>Damaged, and not proven since</h2>
          <ul>
            {verify.damaged.map(({ name, problem, sinceMs }) => (
              <li key={name}>
                <Name name={name} /> {problem}, found {momentOf(sinceMs, model.nowMs, model.zone)}
              </li>
            ))}
          </ul>
        </>
      )}
      <AskedVerify {...props} />
    </>
  );
}

function proofFacts(verify: Verify, nowMs: number, zone: string) {
  const { neverVerified, oldestProofMs, damagedObjects, unreadable, neededBytesPerSecond } = verify;
  return [
    neverVerified === null
      ? null
      : (['Never read back', counted(neverVerified, 'object')] as const),
    oldestProofMs === null
      ? null
      : (['Oldest proof', momentOf(oldestProofMs, nowMs, zone)] as const),
    ['Damaged', damagedObjects === 0 ? 'none' : counted(damagedObjects, 'object')] as const,
    unreadable === 0 ? null : (['Could not be read', counted(unreadable, 'object')] as const),
    neededBytesPerSecond === null
      ? null
      : (['The bandwidth is too small', `${bytes(neededBytesPerSecond)}/s are needed`] as const),
  ];
}
