import { createRequire } from 'node:module';
import { constants } from 'node:os';

/**
 * The system calls for extended attributes, which Node does not have. None follows a symbolic link at the end of its path.
 * Each throws as the system does, an Error with its `code`.
 */
export interface AttributeCalls {
  /** Full names, in any order. Throws with the code EILSEQ where one has no UTF-8 form. */
  list(path: string): readonly string[];
  /** Undefined: there is none of this name, or it cannot be read. */
  get(path: string, name: string): Buffer | undefined;
  set(path: string, name: string, value: Uint8Array): void;
}

/** No program of this machine can make these calls from Node. */
export class AttributesUnavailableError extends Error {
  override readonly name = 'AttributesUnavailableError';
}

interface NativePackage {
  listAttributesSync(path: string): string[];
  getAttributeSync(path: string, name: string): Buffer | null;
  setAttributeSync(path: string, name: string, value: Uint8Array): void;
}

const require = createRequire(import.meta.url);

/**
 * Loads the package with the calls: it is optional, as most mirrors keep no attributes, and has prebuilt libraries.
 * @throws AttributesUnavailableError
 */
export function attributeCalls(): AttributeCalls {
  const native = load();
  return {
    list: (path) => call('listxattr', () => native.listAttributesSync(path)),
    get: (path, name) => call('getxattr', () => native.getAttributeSync(path, name)) ?? undefined,
    set: (path, name, value) =>
      call('setxattr', () => native.setAttributeSync(path, name, Buffer.from(value))),
  };
}

function load(): NativePackage {
  if (process.platform !== 'linux')
    throw new AttributesUnavailableError(
      'extended attributes and ACLs are kept on Linux only; remove "xattr" and "acl" from "metadata"',
    );
  try {
    return require('@napi-rs/xattr') as NativePackage;
  } catch (error) {
    throw new AttributesUnavailableError(
      'the npm package @napi-rs/xattr, which reads extended attributes and ACLs, cannot be loaded; install longshore with its optional dependencies, or remove "xattr" and "acl" from "metadata"',
      { cause: error },
    );
  }
}

/** Errors of the package name the system's number at the end, as Rust's std::io::Error writes it. */
const SYSTEM_NUMBER = /^(.*) \(os error (\d+)\)$/s;

function call<T>(syscall: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    const [, reason = text, number] = SYSTEM_NUMBER.exec(text) ?? [];
    const code = number === undefined ? 'EILSEQ' : codeOf(Number(number));
    throw Object.assign(new Error(`${reason} (${code}, ${syscall})`), { code, syscall });
  }
}

function codeOf(number: number): string {
  const found = Object.entries(constants.errno).find(([, each]) => each === number);
  return found?.[0] ?? 'EUNKNOWN';
}
