import { impossibleKey } from '../drivers/azure/impossible-keys.js';
import { openAzure } from '../drivers/azure/open.js';
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
  },
);
