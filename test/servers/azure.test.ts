import { expect, onTestFinished, test } from 'vitest';
import { impossibleKey } from '../drivers/azure/impossible-keys.js';
import { openAzure } from '../drivers/azure/open.js';
import { call } from '../drivers/conformance/fixture.js';
import { conformance } from '../drivers/conformance/suite.js';
import { azureServers, withServers } from './environment.js';

withServers(
  'azure_blobs over a real server',
  'LONGSHORE_AZURE_ENDPOINT',
  azureServers(),
  ({ settings, title }) => {
    conformance(title, {
      open: () => openAzure(settings),
      again: () => openAzure(settings),
      refuses: impossibleKey,
      badContainerNames: ['', 'with/slash', 'ab', 'Upper', 'a--b', '-ab'],
    });

    test(`${title}: an answer of the service without a policy of soft delete says nothing of it`, async () => {
      const backend = openAzure(settings);
      onTestFinished(() => backend.close());
      const seconds = await backend.capabilities.versions?.softDeleteSeconds('box', call);
      expect(seconds).toBe('unseen');
    });
  },
);
