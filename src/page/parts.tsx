import { forShell } from '../printable.js';
import type { Acts } from './acts.js';
import type { MirrorSummary } from './api.js';
import type { PageModel } from './model.js';
import { Escaped } from './names.js';
import type { ComponentChildren } from './preact.js';

// What several views are made of.

/** How a view is shown: the model, and what can be done; without acts (no script, or a page that lost its daemon) commands are shown. */
export interface ViewProps {
  readonly model: PageModel;
  readonly acts: Acts | undefined;
}

export interface MirrorProps extends ViewProps {
  readonly mirror: MirrorSummary;
}

/** Whether buttons that change something are drawn: a reader who may not decide, and a page without a daemon, have none. */
export function mayAct({ model, acts }: ViewProps): boolean {
  return acts !== undefined && model.role === 'decide' && model.link.state === 'live';
}

/** A command to be typed or copied. */
export function Command({ text, acts }: { text: string; acts?: Acts | undefined }) {
  return (
    <div class="cmd">
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a long command scrolls, and the keyboard must reach it */}
      <code tabIndex={0}>{text}</code>
      {acts ? (
        <button type="button" onClick={() => acts.copy(text)}>
          Copy
        </button>
      ) : null}
    </div>
  );
}

/** `longshore held photos`, each word safe for a shell. Options are added by the caller. */
export function commandLine(...words: readonly string[]): string {
  return ['longshore', ...words.map(forShell)].join(' ');
}

/** A term and what it has; null terms are not drawn. */
export function Facts({
  rows,
  kind = 'facts',
}: {
  rows: readonly (readonly [term: string, fact: ComponentChildren, small?: string] | null)[];
  kind?: 'facts' | 'kv';
}) {
  return (
    <dl class={kind}>
      {rows.map((row) =>
        row === null ? null : (
          <>
            <dt>{row[0]}</dt>
            <dd>
              {row[1]}
              {row[2] ? (
                <small>
                  <Escaped text={row[2]} />
                </small>
              ) : null}
            </dd>
          </>
        ),
      )}
    </dl>
  );
}
