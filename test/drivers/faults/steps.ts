import type { Backend } from '../../../src/drivers/backend.js';
import { bytesBody } from '../../../src/drivers/body.js';
import { call, listKeys, plain, put, readAll } from '../conformance/fixture.js';

/** The container of every test with scripted faults. */
export const CONTAINER = 'faults';
export const REF = { container: CONTAINER, key: 'folder/object' };
const FROM = { container: CONTAINER, key: 'from' };
export const DESCRIBED = { ...plain, metaData: { mtime: '1' } };
export const PART = bytesBody(Buffer.from('part'));

/** What a client asks for. Each step depends on one kind of request. */
export type Step =
  | 'list containers'
  | 'create container'
  | 'head container'
  | 'delete container'
  | 'list'
  | 'keeps versions'
  | 'list versions'
  | 'list uploads'
  | 'delete together'
  | 'put'
  | 'copy'
  | 'replace metadata'
  | 'get'
  | 'head'
  | 'delete'
  | 'begin'
  | 'part'
  | 'list parts'
  | 'complete'
  | 'abort'
  | 'info';

export type Ask = () => Promise<unknown>;

/** Brings about what must be there before a step; the result asks for it. */
export type Prepare = () => Promise<Ask>;

/** All steps that `Backend` has. */
export function stepsOf(backend: Backend): Readonly<Record<Step, Prepare | undefined>> {
  const { multipart, copy, batchDelete, versions } = backend.capabilities;
  const begin = () => multipart!.begin(REF, plain, call);
  return {
    'list containers': async () => () => backend.listContainers({}, call),
    'create container': async () => () => backend.createContainer('another', call),
    'head container': async () => () => backend.headContainer(CONTAINER, call),
    'delete container': async () => () => backend.deleteContainer(CONTAINER, call),
    list: async () => () => listKeys(backend, CONTAINER),
    'keeps versions': async () => () => versions!.keepsVersions(CONTAINER, call),
    'list versions': async () => () => versions!.listVersions(CONTAINER, '', {}, call),
    'list uploads': async () => () => multipart!.unfinished(CONTAINER, '', call),
    'delete together': async () => () => batchDelete!.deleteObjects(CONTAINER, ['a'], call),
    put: async () => () => put(backend, REF, 'x'),
    copy: async () => {
      await put(backend, FROM, 'x');
      return () => copy!.copyObject(FROM, REF, undefined, call);
    },
    'replace metadata': async () => {
      await put(backend, REF, 'x');
      return () => copy!.copyObject(REF, REF, DESCRIBED, call);
    },
    get: async () => {
      await put(backend, REF, 'x');
      return async () => readAll(await backend.readObject(REF, undefined, call));
    },
    head: async () => {
      await put(backend, REF, 'x');
      return () => backend.headObject(REF, call);
    },
    delete: async () => () => backend.deleteObject(REF, call),
    begin: async () => begin,
    part: async () => {
      const token = await begin();
      return () => multipart!.uploadPart(token, 1, PART, call);
    },
    'list parts': async () => {
      const token = await begin();
      return () => multipart!.uploadedParts(token, call);
    },
    complete: async () => {
      const token = await begin();
      const part = await multipart!.uploadPart(token, 1, PART, call);
      return () => multipart!.complete(token, [part], call);
    },
    abort: async () => {
      const token = await begin();
      return () => multipart!.abort(token, call);
    },
    info: undefined,
  };
}
