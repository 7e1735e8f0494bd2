import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { proofOf, sourceDiffers } from '../../src/scale/source-proof.js';
import { hasHanging, whenNoneHangs } from '../../src/silent-source.js';
import { rejection } from '../drivers/conformance/fixture.js';
import { canServe, serveFiles } from '../world/file-server.js';
import { temporaryFolder } from '../world/folder.js';

describe.skipIf(!canServe)('a source whose file server does not answer', () => {
  test('is compared with its proof while other work goes on, until the process is to end', async () => {
    const [folder, at] = [temporaryFolder('source'), temporaryFolder('served')];
    mkdirSync(join(folder, 'a'));
    const server = await serveFiles(folder, at);
    const proof = await proofOf(at);
    expect(await sourceDiffers(proof, at)).toBeUndefined();
    server.freeze();
    const end = new AbortController();
    const compared = rejection(sourceDiffers(proof, at, end.signal));
    end.abort(new Error('the worker ends'));
    expect(await compared).toBe(end.signal.reason);
    expect(hasHanging()).toBe(true);
    server.thaw();
    await whenNoneHangs();
    expect(await sourceDiffers(proof, at)).toBeUndefined();
  });
});
