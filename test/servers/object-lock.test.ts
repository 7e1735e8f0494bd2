import { describe, expect, onTestFinished, test } from 'vitest';
import { newDocument, renewed } from '../../src/lease/document.js';
import { leaseObject } from '../../src/lease/lease-object.js';
import { NEVER_ABORTED } from '../../src/signal.js';
import { call, uniqueContainerName } from '../drivers/conformance/fixture.js';
import { openS3 } from '../drivers/s3/open.js';
import { holder } from '../lease/rig.js';
import { s3Servers, withServers } from './environment.js';

// Of the servers here Ceph's alone locks objects.
const found = s3Servers().filter(
  ({ isCeph, settings }) => isCeph && settings['profile'] === 'ceph',
);

withServers(
  'object lock',
  'LONGSHORE_RGW_S3_ENDPOINT with profile ceph',
  found,
  ({ settings, title }) => {
    describe(title, () => {
      test('the lease object is not locked, so its versions do not accumulate', async () => {
        const backend = openS3({ ...settings, object_lock: { mode: 'governance', retain: '1d' } });
        const { versions } = backend.capabilities;
        if (versions === undefined) throw new Error('the profile has no versions');
        const container = uniqueContainerName();
        const ref = { container, key: 'p/.longshore/lease' };
        const kept = async () => (await versions.listVersions(container, '', {}, call)).items;
        await backend.createContainer(container, call);
        onTestFinished(async () => {
          for (const { key, versionId } of await kept())
            await versions.deleteVersion({ container, key }, versionId, call);
          await backend.deleteContainer(container, call);
          await backend.close();
        });
        expect(await versions.keepsVersions(container, call)).toBe(true);
        const object = leaseObject(backend, ref);
        let document = newDocument(
          { mirror: 'm', holder: holder('a'), fence: 1, periodMs: 600_000 },
          0,
        );
        let version = await object.write(document, undefined, NEVER_ABORTED);
        for (let times = 0; times < 3; times += 1) {
          document = renewed(document, times);
          version = await object.write(document, version, NEVER_ABORTED);
        }
        expect((await kept()).map(({ versionId }) => versionId)).toEqual([version.versionId]);
      });
    });
  },
);
