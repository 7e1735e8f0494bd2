import { App } from '../app.js';
import { type Place, placeOf } from '../model.js';
import { render } from '../preact.js';
import { titleOf } from '../verdict.js';
import { connect } from './connection.js';
import { refreshHeld } from './held-acts.js';
import { HeldDialog } from './held-dialog.js';
import { listenToKeys } from './keys.js';
import { KeysDialog } from './keys-dialog.js';
import { listenToLinks } from './links.js';
import { createActs, type PageActs } from './page-acts.js';
import { PauseDialog } from './pause-dialog.js';
import { effect } from './signals.js';
import { model, overlay, toast } from './store.js';
import { WhyDrawer } from './why-drawer.js';

// The script takes the server's page over: it draws the same views from the same answers, and keeps them up to date.

function Root({ acts }: { acts: PageActs }) {
  const current = model.value;
  if (current === undefined) return null;
  return (
    <App model={current} acts={acts}>
      <OverlayView acts={acts} />
      <div class="toast-place" role="status">
        {toast.value === '' ? null : <div class="toast">{toast.value}</div>}
      </div>
    </App>
  );
}

function OverlayView({ acts }: { acts: PageActs }) {
  const [shown, current] = [overlay.value, model.value];
  if (shown === undefined || current === undefined) return null;
  switch (shown.kind) {
    case 'held':
      return (
        <HeldDialog
          model={current}
          shown={shown}
          find={acts.findHeld}
          onDecide={acts.decide}
          onClose={acts.close}
        />
      );
    case 'why':
      return <WhyDrawer {...shown} times={current} copy={acts.copy} onClose={acts.close} />;
    case 'pause':
      return <PauseDialog model={current} onPause={acts.pause} onClose={acts.close} />;
    case 'keys':
      return <KeysDialog onClose={acts.close} />;
  }
}

function start(place: Place, root: HTMLElement): void {
  const connection = connect(place, model, (mirror) => void refreshHeld(mirror));
  const acts = createActs(connection);
  const go = listenToLinks(connection);
  listenToKeys(acts, go);
  let isDrawn = false;
  effect(() => {
    const current = model.value;
    if (current === undefined) return;
    document.title = titleOf(current.status, current.link.state === 'stale');
    if (isDrawn) return;
    isDrawn = true;
    root.replaceChildren(); // what the server drew; nothing was lost, as the data is here
    render(<Root acts={acts} />, root);
  });
}

const place = placeOf(location.pathname + location.search);
const root = document.getElementById('app');
if (place !== undefined && root !== null) start(place, root);
