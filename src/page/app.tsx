import { NeedsAttention } from './attention.js';
import { ChangesPage, RecentChanges } from './changes.js';
import { Frame } from './frame.js';
import { Icon } from './icons.js';
import { MirrorPage } from './mirror-page.js';
import { MirrorsTable } from './mirrors-table.js';
import { Command, type ViewProps } from './parts.js';
import type { ComponentChildren } from './preact.js';
import { ServicePage } from './service-page.js';
import { Targets } from './targets.js';
import { verdictOf } from './verdict.js';
import { Workers } from './workers.js';

/** The whole page of a model; `children` are the dialogs that a browser lays over it. */
export function App({ children, ...props }: ViewProps & { children?: ComponentChildren }) {
  return (
    <>
      <Frame {...props}>
        <View {...props} />
      </Frame>
      {children}
    </>
  );
}

function View(props: ViewProps) {
  const { place } = props.model;
  switch (place.page) {
    case 'overview':
      return <Overview {...props} />;
    case 'changes':
      return <ChangesPage {...props} />;
    case 'service':
      return <ServicePage {...props} />;
    case 'mirror':
      return <MirrorPage {...props} name={place.mirror} tab={place.tab} />;
  }
}

function Overview(props: ViewProps) {
  return (
    <>
      <VerdictView {...props} />
      <NeedsAttention {...props} />
      <MirrorsTable {...props} />
      <Targets {...props} />
      <Workers {...props} />
      <RecentChanges {...props} />
    </>
  );
}

function VerdictView({ model, acts }: ViewProps) {
  const { status, nowMs, zone, link } = model;
  const staleSinceMs = link.state === 'stale' ? link.sinceMs : null;
  const { shown, claim, need, sub, command } = verdictOf(status, { nowMs, zone, staleSinceMs });
  return (
    <section class="verdict" aria-labelledby="verdict">
      <Icon name={shown.icon} tone={shown.tone} big />
      <h1 id="verdict">
        {claim} <span>{need}</span>
      </h1>
      <p class="sub">{sub}</p>
      {command ? <Command text={command} acts={acts} /> : null}
    </section>
  );
}
