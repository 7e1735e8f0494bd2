import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { Backend } from '../../src/drivers/backend.js';
import {
  call,
  listKeys,
  put,
  randomContent,
  readAll,
  removeContainer,
} from '../drivers/conformance/fixture.js';
import { openRemoteMirror, type RemoteMirror } from '../world/mirror-in-a-folder.js';
import { summaryOf } from '../world/program.js';

const MIB = 2 ** 20;

export interface OthersLarge {
  readonly title: string;
  /** Of a target; with `auth_url`, `key` and `secret` of TempAuth. */
  readonly target: () => Readonly<Record<string, unknown>>;
  readonly open: () => Backend;
  /** Whether the service shows what a static large object is made of, and lists it as one. */
  readonly showsManifests: boolean;
  /** How often an object was asked for by GET, be it for its manifest; undefined: not known. */
  readonly gets?: (container: string, key: string) => number;
}

/** Large objects as swiftclient makes them (`swift upload --segment-size`, with and without `--use-slo`). */
export function othersLargeObjects({
  title,
  target,
  open,
  showsManifests,
  gets,
}: OthersLarge): void {
  test(`${title}: static and dynamic large objects of another tool are adopted, and their segments stay when the objects go`, async () => {
    const direct = open();
    onTestFinished(() => direct.close());
    const mirror = openRemoteMirror({
      target: { ...target(), segment_size: '1MiB' },
      direct,
      mirror: '    extraneous: report\n',
    });
    const segments = `${mirror.container}_segments`;
    onTestFinished(() => removeContainer(direct, segments).catch(() => undefined));
    for (const container of [mirror.container, segments])
      await direct.createContainer(container, call);
    const other = await otherTool(target(), direct, mirror, segments);
    const contents = {
      even: await other.putStatic('even', [2 * MIB, 2 * MIB, MIB + 7]),
      uneven: await other.putStatic('uneven', [MIB + 1, 3 * MIB, 5]),
      dynamic: await other.putDynamic('dynamic', [2 * MIB, 2 * MIB, 9]),
    };
    for (const [name, content] of Object.entries(contents))
      writeFileSync(join(mirror.source, name), content);
    const before = await listKeys(direct, segments);

    const run = await mirror.longshore('--reconcile', '--json');
    expect(run.code, run.stderr).toBe(0);
    expect(summaryOf(run), run.stderr).toMatchObject({
      uploaded: 0,
      copied: 0,
      deleted: 0,
      failed: 0,
      adopted: 3,
    });
    expect(run.stderr).toMatch(/large objects of another tool/);
    if (gets)
      expect(Object.keys(contents).map((key) => gets(mirror.container, key))).toEqual([1, 1, 0]);
    for (const name of Object.keys(contents)) {
      const { extra } = await direct.headObject({ container: mirror.container, key: name }, call);
      expect(extra['largeObject'], name).toBe(name === 'dynamic' ? 'dynamic' : 'static');
    }
    const again = await mirror.longshore('--reconcile', '--json');
    expect(summaryOf(again), again.stderr).toMatchObject({
      uploaded: 0,
      copied: 0,
      deleted: 0,
      failed: 0,
      adopted: 0,
    });

    for (const name of ['even', 'dynamic'])
      writeFileSync(join(mirror.source, name), `${name}, replaced`);
    const replaced = await mirror.longshore('--reconcile', '--json');
    expect(summaryOf(replaced), replaced.stderr).toMatchObject({ uploaded: 2, failed: 0 });
    if (showsManifests)
      expect(replaced.stderr.match(/segments of an object of another tool stay/g)).toHaveLength(2);
    expect(await listKeys(direct, segments)).toEqual(before);
    const rest = await readAll(
      await direct.readObject({ container: mirror.container, key: 'uneven' }, undefined, call),
    );
    expect(rest.equals(contents.uneven)).toBe(true);
    expect(await mirror.differences()).toEqual([]);
  });
}

async function otherTool(
  target: Readonly<Record<string, unknown>>,
  direct: Backend,
  { container }: RemoteMirror,
  segments: string,
) {
  const { headers } = await fetch(String(target['auth_url']), {
    headers: { 'x-auth-user': String(target['key']), 'x-auth-key': String(target['secret']) },
  });
  const token = headers.get('x-auth-token') ?? '';
  const account = headers.get('x-storage-url') ?? '';

  async function putSegments(
    folder: string,
    sizes: readonly number[],
  ): Promise<readonly { readonly key: string; readonly bytes: Buffer }[]> {
    const parts = sizes.map((size, number) => ({
      key: `${folder}${String(number).padStart(8, '0')}`,
      bytes: randomContent(size),
    }));
    for (const { key, bytes } of parts) await put(direct, { container: segments, key }, bytes);
    return parts;
  }

  async function putManifest(
    key: string,
    query: string,
    more: Readonly<Record<string, string>>,
    body: string,
  ): Promise<void> {
    const url = `${account}/${container}/${key}${query}`;
    const answer = await fetch(url, {
      method: 'PUT',
      headers: { 'x-auth-token': token, ...more },
      body,
    });
    expect(answer.status, await answer.text()).toBe(201);
  }

  const joined = (parts: readonly { readonly bytes: Buffer }[]) =>
    Buffer.concat(parts.map(({ bytes }) => bytes));
  return {
    async putStatic(key: string, sizes: readonly number[]): Promise<Buffer> {
      const parts = await putSegments(`${key}/slo/1700000000.0/`, sizes);
      const manifest = parts.map((part) => ({
        path: `/${segments}/${part.key}`,
        etag: createHash('md5').update(part.bytes).digest('hex'),
        size_bytes: part.bytes.byteLength,
      }));
      await putManifest(key, '?multipart-manifest=put', {}, JSON.stringify(manifest));
      return joined(parts);
    },
    async putDynamic(key: string, sizes: readonly number[]): Promise<Buffer> {
      const folder = `${key}/1700000000.0/`;
      const parts = await putSegments(folder, sizes);
      await putManifest(key, '', { 'x-object-manifest': `${segments}/${folder}` }, '');
      return joined(parts);
    },
  };
}
