import { HEADER_FIELDS } from '../../config/header-rules.js';
import { type DriverKind, placeProblemBy } from '../driver-kind.js';
import { chooseAddress } from './choose.js';
import { AZURE } from './errors.js';
import { isContainerName, keyProblem, newContainerProblem } from './names.js';
import { type AzureSettings, azureSettings } from './settings.js';

export const azureDriver: DriverKind<AzureSettings> = {
  name: AZURE,
  aliases: ['azure', 'azure_blob', 'azureblob'],
  summary: 'Azure Blob Storage, with its emulator Azurite and IoT Edge',
  settings: azureSettings,
  where(settings) {
    try {
      const { origin, prefix } = chooseAddress(settings);
      return origin + prefix;
    } catch {
      return settings.host ?? ''; // nothing names the account, which `open` reports
    }
  },
  placeProblem: placeProblemBy({ newContainerProblem, keyProblem }, isContainerName),
  objectHeaders: () => [...HEADER_FIELDS.filter((field) => field !== 'expires'), 'storage_class'],
  open: async (settings, world) => (await import('./open.js')).openAzure(settings, world),
};
