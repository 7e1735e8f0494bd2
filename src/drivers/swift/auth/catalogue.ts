import { StorageError } from '../../errors.js';

/** One address that a service catalogue lists. */
export interface Endpoint {
  readonly type: string;
  readonly name: string | undefined;
  readonly region: string | undefined;
  readonly interface: string;
  readonly url: string;
}

export interface EndpointChoice {
  readonly serviceType: string;
  readonly serviceName: string | undefined;
  readonly region: string | undefined;
  readonly interface: 'public' | 'internal' | 'admin';
}

/**
 * The one endpoint that is meant. None, or several in different regions, is an error that says which there are: files
 * must not go to a region by chance.
 */
export function chooseEndpoint(endpoints: readonly Endpoint[], choice: EndpointChoice): Endpoint {
  const ofType = endpoints.filter(({ type }) => type === choice.serviceType);
  if (ofType.length === 0) {
    const types = [...new Set(endpoints.map(({ type }) => type))].join(', ') || 'nothing at all';
    throw wrong(
      `the service catalogue has no ${choice.serviceType}, but ${types}; does the project have object storage?`,
    );
  }
  const fitting = ofType.filter(
    ({ name, interface: each }) =>
      each === choice.interface &&
      (choice.serviceName === undefined || name === choice.serviceName),
  );
  if (fitting.length === 0)
    throw wrong(
      `the service catalogue has no ${choice.interface} ${choice.serviceName ?? choice.serviceType}; check interface and service_name`,
    );
  const regions = [...new Set(fitting.map(({ region }) => region ?? ''))];
  const list = regions.map((region) => `"${region}"`).join(', ');
  if (choice.region === undefined && regions.length > 1)
    throw wrong(`object storage is in several regions: set region to one of ${list}`);
  const found = fitting.find(
    ({ region }) => choice.region === undefined || region === choice.region,
  );
  if (found === undefined)
    throw wrong(`there is no object storage in region "${choice.region}", but in ${list}`);
  return found;
}

function wrong(problem: string): StorageError {
  return new StorageError(problem, { driver: 'swift' });
}
