import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openAzure } from '../drivers/azure/open.js';
import { call, removeContainer, uniqueContainerName } from '../drivers/conformance/fixture.js';
import { run } from '../world/program.js';
import { openWorkspace } from '../world/workspace.js';
import { azureServers, withServers } from './environment.js';

withServers('init over a real server', 'LONGSHORE_AZURE_ENDPOINT', azureServers(), (server) => {
  test(`${server.title}: init takes a connection string, creates the container and tries it`, async () => {
    const direct = openAzure(server.settings);
    const container = uniqueContainerName();
    const { folder } = openWorkspace('init', async () => {
      await removeContainer(direct, container);
      await direct.close();
    });
    mkdirSync(join(folder, 'photos'));
    writeFileSync(join(folder, 'photos', 'a.jpg'), 'one');
    const { key, secret } = server.settings;
    const env = {
      AZURE_STORAGE_CONNECTION_STRING: `DefaultEndpointsProtocol=http;AccountName=${key};AccountKey=${secret};BlobEndpoint=${server.origin}/${key};`,
    };
    const to = `azure_blobs:${container}/laptop`;
    const words = ['init', '--source', 'photos', '--to', to, '--create', '--probe'];
    const done = await run(words, { cwd: folder, env });
    expect(done.code, done.stderr).toBe(0);
    expect(done.stdout).toContain('vault gives all six guarantees');
    expect(readFileSync(join(folder, 'longshore.yaml'), 'utf8')).not.toContain(String(secret));
    const mirrored = await run(['reconcile'], { cwd: folder });
    expect(mirrored.code, mirrored.stderr).toBe(0);
    const { size } = await direct.headObject({ container, key: 'laptop/a.jpg' }, call);
    expect(size).toBe(3);
  });
});
