import { mkdirSync, renameSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { Backend } from '../../src/drivers/backend.js';
import { call, randomContent } from '../drivers/conformance/fixture.js';
import { openRemoteMirror } from '../world/mirror-in-a-folder.js';

const MIB = 2 ** 20;

/** Over a server, real or not: `target` is `driver` and its settings, `connect` another way to it. */
export function mirrorHeaders(
  target: () => Readonly<Record<string, unknown>>,
  connect: () => Backend,
): void {
  test('two mirrors of one container set the headers of their own objects: small, in parts, copied, with new metadata', async () => {
    const direct = connect();
    onTestFinished(() => direct.close());
    const headers =
      '[{ match: "*.html", cache_control: no-cache, content_type: text/x-page }, { cache_control: max-age=9, content_language: de }]';
    const lines = `    prefix: site
    headers: ${headers}
  - { name: other, source: ./other, target: remote, container: CONTAINER, prefix: other, headers: [{ cache_control: max-age=1 }] }
`;
    const rules = [{ content_type: 'text/x-target', cache_control: 'of-the-target' }];
    const mirror = openRemoteMirror({
      target: { ...target(), multipart_threshold: '6MiB', headers: rules },
      direct,
      mirror: lines,
    });
    const page = join(mirror.source, 'page.html');
    writeFileSync(page, 'a page');
    writeFileSync(join(mirror.source, 'film'), randomContent(11 * MIB));
    mkdirSync(join(mirror.folder, 'other'));
    writeFileSync(join(mirror.folder, 'other/page.html'), 'another page');
    const about = async (key: string) =>
      (await direct.headObject({ container: mirror.container, key }, call)).extra;
    const isPage = { cacheControl: 'no-cache', contentType: 'text/x-page', contentLanguage: 'de' };
    const isFilm = {
      cacheControl: 'max-age=9',
      contentType: 'text/x-target',
      contentLanguage: 'de',
    };

    const first = await mirror.longshore('--reconcile');
    expect(first.code, first.stderr).toBe(0);
    expect(await about('site/page.html')).toMatchObject(isPage);
    expect(await about('site/film')).toMatchObject(isFilm);
    const other = await about('other/page.html');
    expect(other).toMatchObject({ cacheControl: 'max-age=1', contentType: 'text/x-target' });
    expect(other['contentLanguage']).toBeUndefined();

    utimesSync(page, 1, 1);
    renameSync(join(mirror.source, 'film'), join(mirror.source, 'film.html'));
    const second = await mirror.longshore('scan');
    expect(second.code, second.stderr).toBe(0);
    expect(await about('site/page.html')).toMatchObject(isPage);
    expect(await about('site/film.html')).toMatchObject(isPage);
  });
}
