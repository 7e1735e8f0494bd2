import type { Call, ObjectRef } from './call.js';

/** Addresses under which others read objects. */
export interface Cdn {
  enableContainer(name: string, call: Call): Promise<void>;
  enableObject(ref: ObjectRef, call: Call): Promise<void>;
  containerUrl(name: string, call: Call): Promise<string>;
  objectUrl(ref: ObjectRef, call: Call): Promise<string>;
}
