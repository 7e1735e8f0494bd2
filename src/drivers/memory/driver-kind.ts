import { section } from '../../config/fields.js';
import { HEADER_FIELDS } from '../../config/header-rules.js';
import type { DriverKind } from '../driver-kind.js';
import { memoryBackend } from './backend.js';
import { createMemoryStore, MEMORY } from './store.js';

export const memoryDriver: DriverKind<object> = {
  name: MEMORY,
  aliases: ['dummy'],
  summary: "objects in this process's memory, gone when it ends: for first tries and tests",
  settings: () => section('Objects in memory.', {}),
  objectHeaders: () => [...HEADER_FIELDS, 'storage_class'],
  open: async (_, { clock }) => memoryBackend({ store: createMemoryStore(clock) }),
};
