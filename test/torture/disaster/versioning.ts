import aws4 from 'aws4';
import type { Settings } from '../../servers/named-servers.js';

const BODY =
  '<VersioningConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Status>Enabled</Status></VersioningConfiguration>';

/** Makes a container of an S3 server keep versions (PutBucketVersioning). Rejects with what the server says. */
export async function enableVersions(settings: Settings, container: string): Promise<void> {
  const { host, port, secure, region, key, secret } = settings;
  const origin = `${secure === true ? 'https' : 'http'}://${host}:${port}`;
  const path = `/${container}?versioning`;
  const signed = aws4.sign(
    {
      service: 's3',
      region: String(region),
      method: 'PUT',
      host: `${host}:${port}`,
      path,
      body: BODY,
      headers: { 'content-type': 'application/xml' },
    },
    { accessKeyId: String(key), secretAccessKey: String(secret) },
  );
  const headers = new Headers();
  for (const [name, value] of Object.entries(signed.headers ?? {}))
    headers.set(name, String(value));
  for (const own of ['host', 'content-length']) headers.delete(own); // fetch sets these itself
  const answer = await fetch(origin + path, { method: 'PUT', headers, body: BODY });
  if (!answer.ok)
    throw new Error(`${origin}: ${container} keeps no versions: ${await answer.text()}`);
}
