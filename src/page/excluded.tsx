import { count, counted } from '../status/units.js';
import type { MirrorDetail } from './api.js';
import { Icon } from './icons.js';
import { Escaped } from './names.js';
import type { MirrorProps } from './parts.js';

type Rule = MirrorDetail['excluded']['rules'][number];

/** What of a rule names it: the pattern, or what it is. */
export function ruleText({ kind, rule }: Pick<Rule, 'kind' | 'rule'>): string {
  if (kind === 'own') return 'longshore itself';
  return kind === 'include' ? 'include' : rule;
}

/** What is excluded from the mirror, and by which rule. */
export function Excluded({ model }: Pick<MirrorProps, 'model' | 'mirror'>) {
  const excluded = model.mirror?.detail?.excluded;
  if (excluded === undefined) return null;
  const { entries, objects, more, rules } = excluded;
  return (
    <>
      <h2>
        Excluded <small>{entries === null ? '' : counted(entries, 'entry', 'entries')}</small>
      </h2>
      {more === null ? null : (
        <p class="noted s-warn">
          <Icon name="degraded" tone="warn" />
          <span>{count(more)} more than within the last day: is that meant?</span>
        </p>
      )}
      {entries === null ? (
        <p class="empty">Not known yet: a scan is to find out.</p>
      ) : entries === 0 ? (
        <p class="empty">Nothing is excluded.</p>
      ) : (
        <Rules rules={rules} />
      )}
      {objects ? (
        <p class="soft">
          {counted(objects, 'object')} of excluded files {objects === 1 ? 'stays' : 'stay'} in the
          container as {objects === 1 ? 'it is' : 'they are'}.
        </p>
      ) : null}
    </>
  );
}

function Rules({ rules }: { rules: readonly Rule[] }) {
  return (
    <table class="stack rules">
      <thead>
        <tr>
          <th scope="col">Rule</th>
          <th scope="col">From</th>
          <th scope="col" class="num">
            Entries
          </th>
        </tr>
      </thead>
      <tbody>
        {rules.map((rule) => (
          <tr key={`${rule.at} ${rule.rule}`}>
            <td class="v">{WORDS[rule.kind] ?? <code>{<Escaped text={rule.rule} />}</code>}</td>
            <td class="at">
              <Escaped text={rule.at ?? ''} />
            </td>
            <td class="num">{count(rule.entries)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

const WORDS: Readonly<Partial<Record<Rule['kind'], string>>> = {
  include: 'No pattern of include selects them',
  own: 'Longshore itself: its state, a local target',
};
