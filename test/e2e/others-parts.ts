import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { Backend } from '../../src/drivers/backend.js';
import { bytesBody } from '../../src/drivers/body.js';
import { call, plain, randomContent } from '../drivers/conformance/fixture.js';
import { openRemoteMirror } from '../world/mirror-in-a-folder.js';
import { summaryOf } from '../world/program.js';

const MIB = 2 ** 20;
/** Of the other tool; longshore's own is 5 MiB. */
const PART = 7 * MIB;

export interface OthersParts {
  readonly title: string;
  readonly target: () => Readonly<Record<string, unknown>>;
  readonly open: () => Backend;
  /** How often an object was asked for by GET; undefined: not known. */
  readonly gets?: (container: string, key: string) => number;
}

/** An object in parts of a size that is not longshore's. */
export function othersParts({ title, target, open, gets }: OthersParts): void {
  test(`${title}: an object that another tool uploaded in parts is adopted, and not sent`, async () => {
    const direct = open();
    onTestFinished(() => direct.close());
    const mirror = openRemoteMirror({
      target: { ...target(), multipart_threshold: '6MiB' },
      direct,
    });
    const ref = { container: mirror.container, key: 'film' };
    await direct.createContainer(mirror.container, call);
    const { multipart } = direct.capabilities;
    if (multipart === undefined) throw new Error('no uploads in parts');
    const content = randomContent(2 * PART + 5);
    const token = await multipart.begin(ref, plain, call);
    const parts = [];
    for (let at = 0; at < content.byteLength; at += PART)
      parts.push(
        await multipart.uploadPart(
          token,
          parts.length + 1,
          bytesBody(content.subarray(at, at + PART)),
          call,
        ),
      );
    await multipart.complete(token, parts, call);
    writeFileSync(join(mirror.source, 'film'), content);
    const run = await mirror.longshore('--reconcile', '--json');
    expect(run.code, run.stderr).toBe(0);
    expect(summaryOf(run), run.stderr).toMatchObject({ uploaded: 0, failed: 0, adopted: 1 });
    if (gets) expect(gets(mirror.container, 'film')).toBe(0);
    const again = await mirror.longshore('--reconcile', '--json');
    expect(summaryOf(again), again.stderr).toMatchObject({ uploaded: 0, failed: 0, adopted: 0 });
    expect(await mirror.differences()).toEqual([]);
  });
}
