/** A configuration that cannot be used. The message has one line for each thing that is wrong, with its place. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}
