import { renderToString } from 'preact-render-to-string';
import { ownZone } from '../calendar-day.js';
import { App } from './app.js';
import { PAGE_FILES } from './assets.js';
import { type Ask, loadModel } from './load.js';
import { type PageModel, placeOf, type Role } from './model.js';
import { titleOf } from './verdict.js';

/** Who reads the page, and where its data comes from. */
export interface PageRequest {
  /** Asks the control API with a GET: see Ask. The page has no other source. */
  readonly ask: Ask;
  readonly role: Role;
  /** What each POST of the script must carry in the header `csrf`; undefined: nothing. */
  readonly csrf?: string | undefined;
  /** An IANA name; by default that of this process. */
  readonly zone?: string;
}

export interface RenderedPage {
  readonly status: 200 | 404;
  /** A whole document, which needs no script to be read. */
  readonly html: string;
}

/**
 * Renders the page at an address such as `/mirrors/studio?tab=proof`. Undefined: the page has no such address. Status 404: it
 * has, but there is no such mirror. Rejects when the API gives no answer.
 */
export async function renderPage(
  address: string,
  { ask, role, csrf, zone = ownZone() }: PageRequest,
): Promise<RenderedPage | undefined> {
  const place = placeOf(address);
  if (place === undefined) return undefined;
  const model = await loadModel(place, ask, { zone, role, link: { state: 'still' } });
  const isMissing =
    place.page === 'mirror' && !model.status.mirrors.some(({ mirror }) => mirror === place.mirror);
  return { status: isMissing ? 404 : 200, html: documentOf(model, csrf) };
}

function documentOf(model: PageModel, csrf: string | undefined): string {
  const html = renderToString(
    <html lang="en" data-zone={model.zone} data-role={model.role} data-csrf={csrf}>
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="referrer" content="no-referrer" />
        <meta name="color-scheme" content="light dark" />
        <title>{titleOf(model.status, false)}</title>
        <link rel="stylesheet" href={PAGE_FILES.style} />
        <script src={PAGE_FILES.theme} />
        <script src={PAGE_FILES.script} defer />
      </head>
      <body>
        <div id="app">
          <App model={model} acts={undefined} />
        </div>
      </body>
    </html>,
  );
  return `<!doctype html>\n${html}\n`;
}
