import { openAzure } from '../drivers/azure/open.js';
import { azureDialect } from '../faults/azure-dialect.js';
import { azureServers, withServers } from './environment.js';
import { everyFaultOver } from './every-fault.js';

withServers('failing Azure', 'LONGSHORE_AZURE_ENDPOINT', azureServers(), (server) => {
  everyFaultOver(server, azureDialect, openAzure, ({ host, port }) => ({
    block_size: '4MiB',
    host,
    port,
  }));
});
