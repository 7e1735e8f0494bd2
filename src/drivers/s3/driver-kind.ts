import type { ConfigContext } from '../../config/fields.js';
import { HEADER_FIELDS } from '../../config/header-rules.js';
import { type DriverKind, placeProblemBy } from '../driver-kind.js';
import { openConnections } from '../http/connection.js';
import { createHttpClient } from '../http/http-client.js';
import { s3Backend } from './backend.js';
import { arnProblem, reservedNameProblem } from './bucket-kinds.js';
import { chooseRegion, profileOfHost, refuseContradictions } from './choose.js';
import { credentialSources } from './credentials/chain.js';
import { createCredentialProvider } from './credentials/provider.js';
import { readDetected, writeDetected } from './detected.js';
import { addressing } from './endpoint.js';
import { S3 } from './errors.js';
import { isContainerName, keyProblem, newContainerProblem } from './names.js';
import { findProfile, type Profile } from './profiles.js';
import { recognise } from './recognise.js';
import { type S3Settings, s3Settings } from './settings.js';
import { stsSigner } from './sign-sts.js';

const ADVICE = 'if it is one of the known profiles, name it in the configuration';

const problemOfNames = placeProblemBy({ newContainerProblem, keyProblem }, isContainerName);

/** What a name of Libcloud's stands for. */
interface Preset {
  readonly name: string;
  readonly aliases: readonly string[];
  readonly summary: string;
  readonly profile: S3Settings['profile'];
  readonly region?: string;
  readonly host?: (region: string) => string;
}

function kind({
  name,
  aliases,
  summary,
  profile: preset,
  region: presetRegion,
  host: presetHost,
}: Preset): DriverKind<S3Settings> {
  return {
    name,
    aliases,
    summary,
    hasInventories: true,
    settings: (place: ConfigContext) => s3Settings(place, preset),
    objectHeaders(written) {
      const { features } = profileOf(withPreset(written), undefined);
      return features.includes('storage-class')
        ? [...HEADER_FIELDS, 'storage_class']
        : HEADER_FIELDS;
    },
    placeProblem(place, written) {
      const isAws = profileOf(withPreset(written), undefined).name === 'aws';
      const { container } = place;
      const problem = arnProblem(container) ?? (isAws ? reservedNameProblem(container) : undefined);
      if (problem !== undefined) return { field: 'container', problem, onlyNew: false };
      return problemOfNames(place);
    },
    async detect(written, { detected, notice = () => {} }, call) {
      const settings = withPreset(written);
      if (settings.profile !== 'auto' || profileOfHost(settings.host) !== undefined)
        return undefined;
      if (readDetected(detected, originOf(settings)) !== undefined) return detected;
      const http = openConnections(settings, S3);
      try {
        const profile = await recognise(http, originOf(settings), call);
        if (profile === undefined)
          notice('S3 provider not recognised: the generic profile is used', {
            advice: ADVICE,
          });
        return profile && writeDetected(originOf(settings), profile);
      } finally {
        await http.close();
      }
    },
    // Without a host it is the profile's, which may have one for each region.
    where(written) {
      const { host, port, profile, region } = withPreset(written);
      return host === undefined
        ? [profile, region].filter(Boolean).join(' ')
        : `${host}${port === undefined ? '' : `:${port}`}`;
    },
    open(written, { clock, notice = () => {}, detected }) {
      const settings = withPreset(written);
      const profile = profileOf(settings, detected);
      refuseContradictions(settings, profile);
      const region = chooseRegion(settings, profile);
      const http = openConnections(settings, S3);
      const metadata = createHttpClient({
        connections: 1,
        connectTimeoutMs: 1000,
        timeoutMs: 5000,
        maxAnswerBytes: 65_536,
      });
      const env = settings.environment();
      const services = { env, clock, http, metadata, region, signForSts: stsSigner(clock) };
      const credentials = createCredentialProvider(credentialSources(settings, services), clock);
      const backend = s3Backend({ settings, profile, region, credentials, http, clock, notice });
      return {
        ...backend,
        close: async () => void (await Promise.all([http.close(), metadata.close()])),
      };
    },
  };

  function withPreset(written: S3Settings): S3Settings {
    const region = written.region ?? presetRegion;
    const host = written.host ?? (region === undefined ? undefined : presetHost?.(region));
    return {
      ...written,
      ...(region !== undefined && { region }),
      ...(host !== undefined && { host }),
    };
  }
}

/** `auto` is the profile of the host's name, else the detected one, else the generic one. */
function profileOf(settings: S3Settings, detected: string | undefined): Profile {
  const { profile: name, listing_version: listing, etag } = settings;
  const profile =
    name === 'auto'
      ? (profileOfHost(settings.host) ??
        readDetected(detected, originOf(settings)) ??
        findProfile('generic'))
      : findProfile(name);
  return {
    ...profile,
    ...(listing !== 'auto' && { listing }),
    ...(etag !== 'auto' && { etag, partEtag: etag }),
  };
}

/** Where the service itself answers, whatever the container. */
function originOf(settings: S3Settings): string {
  return addressing(settings, findProfile('generic'))('us-east-1', undefined, undefined).origin;
}

export const s3Driver = kind({
  name: S3,
  aliases: ['aws_s3', 'amazon_s3'],
  summary: 'AWS S3 and every S3-compatible store, through provider profiles',
  profile: 'auto',
});

/** Libcloud's names for S3-compatible providers (libcloud/storage/providers.py): the driver s3 with a profile chosen. */
export const s3PresetDrivers: readonly DriverKind<S3Settings>[] = [
  kind({ name: 'minio', aliases: [], summary: 'MinIO (s3 with profile minio)', profile: 'minio' }),
  kind({
    name: 's3_rgw',
    aliases: ['ceph'],
    summary: 'Ceph Object Gateway (s3 with profile ceph)',
    profile: 'ceph',
  }),
  kind({
    name: 's3_rgw_outscale',
    aliases: ['outscale'],
    summary: 'Outscale Object Storage (s3 with profile ceph)',
    profile: 'ceph',
    region: 'eu-west-2',
    host: (region) => `osu.${region}.outscale.com`,
  }),
  kind({
    name: 'digitalocean_spaces',
    aliases: [],
    summary: 'DigitalOcean Spaces (s3 with profile digitalocean)',
    profile: 'digitalocean',
    region: 'nyc3',
  }),
  kind({
    name: 'scaleway',
    aliases: [],
    summary: 'Scaleway Object Storage (s3 with profile scaleway)',
    profile: 'scaleway',
  }),
  kind({
    name: 'ovh',
    aliases: [],
    summary: 'OVHcloud Object Storage (s3 with profile ovh)',
    profile: 'ovh',
  }),
  kind({
    name: 'auroraobjects',
    aliases: ['aurora_objects'],
    summary: 'PCextreme Aurora Objects (s3 with profile ceph)',
    profile: 'ceph',
    host: () => 'o.auroraobjects.eu',
    region: 'us-east-1',
  }),
];
