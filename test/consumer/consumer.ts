// A small program of another project: consumer.test.ts compiles it against the published types.
import {
  type Backend,
  type Container,
  createDriver,
  memoryBackend,
  ObjectDoesNotExistError,
  openDriver,
  type StorageDriver,
  StorageError,
  type StorageObject,
} from 'longshore';

const driver: StorageDriver = await openDriver('memory');
const container: Container = await driver.createContainer('photos');
const object: StorageObject = await container.uploadObjectViaStream(
  (async function* () {
    yield Buffer.from('hello');
  })(),
  'greeting.txt',
  { contentType: 'text/plain', metaData: { from: 'consumer' } },
);

for await (const found of container.iterateObjects({ prefix: 'greet' }))
  console.log(found.name, found.size, found.hash);
const worked: true = await object.delete();
const missing = await container.getObject('greeting.txt').catch((error: unknown) => {
  if (error instanceof ObjectDoesNotExistError) return error.objectName;
  throw error;
});
const copied = driver.capabilities.copy?.copyObject;

const backend: Backend = { ...memoryBackend(), name: 'mine' };
const mine: string = createDriver(backend).name;
const failure = new StorageError('trouble', { driver: mine, retry: { afterMs: 1000 } });
console.log(worked, missing, copied, failure.retry);
await driver.close();

// @ts-expect-error an option that does not exist is refused
void container.listObjects({ prefx: 'a' });
// @ts-expect-error a caller cannot change what a driver returns
object.size = 5;
// @ts-expect-error a backend with a part missing is none
const incomplete: Backend = { name: 'incomplete' };
void incomplete;
