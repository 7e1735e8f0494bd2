import { duration } from '../status/units.js';
import { Icon, IconSheet } from './icons.js';
import type { PageModel, Place } from './model.js';
import { Escaped } from './names.js';
import { mayAct, type ViewProps } from './parts.js';
import type { ComponentChildren } from './preact.js';
import { SearchBox } from './search-box.js';
import { momentOf, secondOf } from './times.js';

const PAGES = [
  ['overview', '/', 'Overview'],
  ['changes', '/changes', 'Changes'],
  ['service', '/service', 'Service'],
] as const;

/** What is around every view: who this is, where one can go, whether it is live, and what is paused. */
export function Frame({ children, ...props }: ViewProps & { children: ComponentChildren }) {
  const { model } = props;
  return (
    <>
      <IconSheet />
      <a class="skip" href="#main">
        Skip to the status
      </a>
      <Top {...props} />
      <Lost {...props} />
      <Paused {...props} />
      <main id="main" tabIndex={-1} class={model.link.state === 'stale' ? 'stale' : ''}>
        {children}
      </main>
      <Foot {...props} />
    </>
  );
}

function Top(props: ViewProps) {
  const { model, acts } = props;
  return (
    <header class="top">
      <a class="brand" href="/">
        longshore{' '}
        <span>
          <Escaped text={model.status.host} />
        </span>
      </a>
      <nav aria-label="Pages">
        <ul>
          {PAGES.map(([page, address, word]) => (
            <li key={page}>
              <a href={address} aria-current={isAt(model.place, page) ? 'page' : undefined}>
                {word}
              </a>
            </li>
          ))}
        </ul>
      </nav>
      {acts ? <SearchBox acts={acts} /> : null}
      <LinkState model={model} />
      {acts ? (
        <div class="tools">
          {mayAct(props) ? (
            <button type="button" onClick={() => acts.openPause()}>
              Pause…
            </button>
          ) : null}
          <button
            type="button"
            class="icon"
            aria-label="Switch between light and dark"
            onClick={() => acts.toggleTheme()}
          >
            <Icon name="theme" />
          </button>
        </div>
      ) : null}
    </header>
  );
}

function isAt(place: Place, page: string): boolean {
  return place.page === page;
}

function LinkState({ model: { link, nowMs, zone } }: { model: PageModel }) {
  const words = { still: 'As of', live: 'Live', stale: 'No answer' };
  const ms = link.state === 'stale' ? link.sinceMs : nowMs;
  return (
    <div class={`live ${link.state}`}>
      <i aria-hidden="true" />
      <b>{words[link.state]}</b> <time>{secondOf(ms, zone)}</time>
    </div>
  );
}

/** Nothing has come for too long: all that is shown was so, and may have changed. */
function Lost({ model: { link, nowMs, zone }, acts }: ViewProps) {
  return (
    <div role="status">
      {link.state !== 'stale' ? null : (
        <div class="banner">
          <Icon name="down" tone="bad" />
          <span>
            No answer from longshore since {momentOf(link.sinceMs, nowMs, zone)}. Everything below
            is what was known then; it may have changed.{' '}
            <span aria-hidden="true">Trying again in {duration(link.retryInSeconds)}.</span>
          </span>
          {acts ? (
            <button type="button" onClick={() => acts.reconnect()}>
              Try now
            </button>
          ) : null}
        </div>
      )}
    </div>
  );
}

function Paused(props: ViewProps) {
  const { model, acts } = props;
  const { nowMs, zone } = model;
  const paused = model.status.mirrors.flatMap(({ mirror, pausedUntilMs = null }) =>
    pausedUntilMs === null ? [] : [{ mirror, pausedUntilMs }],
  );
  const isAll = paused.length === model.status.mirrors.length;
  const untilMs = Math.min(...paused.map((one) => one.pausedUntilMs));
  const names = isAll ? 'all mirrors' : paused.map(({ mirror }) => mirror).join(', ');
  return (
    <div role="status">
      {paused.length === 0 ? null : (
        <div class="banner">
          <Icon name="paused" />
          <span>
            Paused: {names}, until {momentOf(untilMs, nowMs, zone)}. Changes are noticed and wait.
          </span>
          {mayAct(props) ? (
            <button type="button" onClick={() => acts?.resume()}>
              Resume now
            </button>
          ) : (
            <code>longshore resume</code>
          )}
        </div>
      )}
    </div>
  );
}

function Foot({ model, acts }: ViewProps) {
  const { version, pid, startedAtMs, configFile } = model.status;
  const process = pid === undefined ? '' : `, pid ${pid}`;
  const up =
    startedAtMs === undefined ? '' : `, up ${duration((model.nowMs - startedAtMs) / 1_000)}`;
  return (
    <footer class="foot">
      <span>
        longshore {version}
        {process}
        {up}
      </span>
      {configFile ? (
        <code>
          <Escaped text={configFile} />
        </code>
      ) : null}
      <span>times in {model.zone}</span>
      <span class="grow" />
      {acts ? (
        <button type="button" class="quiet" onClick={() => acts.openKeys()}>
          Keyboard <kbd>?</kbd>
        </button>
      ) : (
        <noscript>
          <p>
            This is the read-only summary as of {secondOf(model.nowMs, model.zone)}. Live numbers
            and buttons need the script; every action is also a command:{' '}
            <code>longshore status</code>, <code>longshore held MIRROR</code>,{' '}
            <code>longshore why PATH</code>.
          </p>
        </noscript>
      )}
    </footer>
  );
}
