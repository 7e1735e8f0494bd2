import { bytes, counted, duration } from '../status/units.js';
import type { Verify } from './api.js';
import { AskedVerify } from './asked-verify.js';
import { Name } from './names.js';
import { Facts, type MirrorProps } from './parts.js';
import { percent } from './small-plots.js';
import { momentOf } from './times.js';

/** How much of the mirror was read back and compared with what was sent, and the comparisons of before. */
export function Proof(props: MirrorProps) {
  const { model } = props;
  const verify = model.mirror?.verify;
  if (verify === undefined) return null;
  return (
    <div class="two">
      <div>
        {verify.on ? (
          <ReadBack {...props} verify={verify} />
        ) : (
          <p class="empty">
            Objects of this mirror are not read back by themselves. The setting <code>verify</code>{' '}
            of the mirror turns that on.
          </p>
        )}
        <Runs {...props} verify={verify} />
      </div>
      <aside aria-label="Reading back">
        {verify.on ? (
          <>
            <h2>Budget</h2>
            <Facts rows={budgetFacts(verify)} />
            <h2>Proofs</h2>
            <Facts rows={proofFacts(verify, model.nowMs, model.zone)} />
          </>
        ) : null}
        <AskedVerify {...props} />
      </aside>
    </div>
  );
}

function ReadBack({ model, verify }: MirrorProps & { verify: Verify }) {
  const { nowMs, zone } = model;
  const { verifiedShare, withinSeconds, share, oldest } = verify;
  return (
    <>
      <h2>Read back and compared</h2>
      <p class="bigshare">{verifiedShare === null ? '–' : percent(verifiedShare, 1)}</p>
      <p class="soft">
        {verifiedShare === null
          ? 'How much was read back is not known yet.'
          : `of the objects were read back within ${duration(withinSeconds ?? 0)}.`}
      </p>
      {share === null ? null : <Shares share={share} />}
      <p class="soft">
        Each object’s checksum was compared when it was sent. Reading back downloads it again and
        compares its bytes: it finds what a provider has lost since.
      </p>
      {oldest === null ? null : (
        <p class="soft">
          Never read back, oldest first: <Name name={oldest.name} most={80} />, sent{' '}
          {momentOf(oldest.sentAtMs, nowMs, zone)}.
        </p>
      )}
      {verify.damaged.length === 0 ? null : (
        <>
          <h2>Damaged, and not proven since</h2>
          <ul>
            {verify.damaged.map(({ name, problem, sinceMs }) => (
              <li key={name}>
                <Name name={name} /> {problem}, found {momentOf(sinceMs, nowMs, zone)}
              </li>
            ))}
          </ul>
        </>
      )}
    </>
  );
}

const AGES = [
  ['7d', 'within 7 days', 'f-ok'],
  ['30d', '8 to 30 days', 'f-ok half'],
  ['older', 'longer ago', 'f-warn'],
  ['never', 'never', 'f-bad'],
] as const;

/** A bar of all bytes by the age of their proof; the caption says the same in words. */
function Shares({ share }: { share: NonNullable<Verify['share']> }) {
  let x = 0;
  const parts = AGES.map(([age, word, fill]) => {
    const width = share[age] * 100;
    const part = { age, word, fill, x, width };
    x += width;
    return part;
  });
  const words = parts.map(({ age, word }) => `${word} ${percent(share[age], 1)}`);
  return (
    <>
      <svg
        class="sharebar"
        viewBox="0 0 100 12"
        preserveAspectRatio="none"
        role="img"
        aria-label={`Of the bytes, read back: ${words.join(', ')}`}
      >
        {parts.map(({ age, fill, x: from, width }) =>
          width === 0 ? null : (
            <path
              class={fill}
              d={`M${from.toFixed(2)} 0h${Math.max(0.2, width - 0.15).toFixed(2)}v12H${from.toFixed(2)}z`}
              key={age}
            />
          ),
        )}
      </svg>
      <p class="cap shares">
        {words.map((word) => (
          <span key={word}>{word}</span>
        ))}
      </p>
    </>
  );
}

const KINDS = { reconcile: 'reconcile', 'read-back': 'read back' } as const;

function Runs({ model, verify }: MirrorProps & { verify: Verify }) {
  const { runs } = verify;
  return (
    <>
      <h2>Comparisons with the container</h2>
      {runs.length === 0 ? (
        <p class="empty">None yet.</p>
      ) : (
        <table class="stack">
          <thead>
            <tr>
              <th scope="col">When</th>
              <th scope="col">Kind</th>
              <th scope="col">Looked at</th>
              <th scope="col">Differences</th>
              <th scope="col">Took</th>
            </tr>
          </thead>
          <tbody>
            {runs.map(
              ({ kind, asked, startedAtMs, seconds, objects, bytes: size, differences }) => (
                <tr key={`${kind} ${startedAtMs}`}>
                  <td class="v">{momentOf(startedAtMs, model.nowMs, model.zone)}</td>
                  <td class="v">
                    {KINDS[kind]}
                    {asked ? ', asked for' : ''}
                  </td>
                  <td class="v">
                    {counted(objects, 'object')}, {bytes(size)}
                  </td>
                  <td class="v">
                    {differences === 0 ? 'no difference' : counted(differences, 'difference')}
                  </td>
                  <td class="v">{duration(seconds)}</td>
                </tr>
              ),
            )}
          </tbody>
        </table>
      )}
    </>
  );
}

function budgetFacts({ budget, withinSeconds, neededBytesPerSecond }: Verify) {
  const { bytesPerSecond = null, readTodayBytes = 0 } = budget ?? {};
  return [
    ['Read back', bytesPerSecond === null ? 'no limit' : `${bytes(bytesPerSecond)}/s`] as const,
    ['Read today', bytes(readTodayBytes)] as const,
    ['Every object', `within ${duration(withinSeconds ?? 0)}`] as const,
    neededBytesPerSecond === null
      ? null
      : (['The bandwidth is too small', `${bytes(neededBytesPerSecond)}/s are needed`] as const),
  ];
}

function proofFacts(verify: Verify, nowMs: number, zone: string) {
  const { neverVerified, oldestProofMs, damagedObjects, unreadable } = verify;
  return [
    neverVerified === null
      ? null
      : (['Never read back', counted(neverVerified, 'object')] as const),
    oldestProofMs === null
      ? null
      : (['Oldest proof', momentOf(oldestProofMs, nowMs, zone)] as const),
    ['Damaged', damagedObjects === 0 ? 'none' : counted(damagedObjects, 'object')] as const,
    unreadable === 0 ? null : (['Could not be read', counted(unreadable, 'object')] as const),
  ];
}
