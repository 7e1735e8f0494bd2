import { closeSync } from 'node:fs';
import { createRequire } from 'node:module';
import { constants } from 'node:os';

/*
 * Unix datagram sockets, which Node does not have (nodejs/node#29339) and by which systemd takes messages: the journal its
 * entries, the service manager what a service says about itself. The calls are those of the C library, by way of koffi. Of that,
 * only the packages with its prebuilt libraries are used: koffi's own would compile one where it finds none, in an install
 * script. They are optional: without them the callers have another way.
 */

/** A socket of this process. It sends without waiting, and receives nothing. */
export interface DatagramSocket {
  /**
   * Sends one datagram to the socket at `address`: an absolute path, or a name that begins with `@` in the abstract
   * namespace of Linux (unix(7)). Returns undefined when the kernel has it, else the code of the error: EAGAIN when the
   * reader is behind, EMSGSIZE when the message is too large, ENOENT or ECONNREFUSED when no process reads there.
   */
  send(message: Uint8Array, address: string): string | undefined;
  close(): void;
}

/** The calls, as koffi returns them. */
interface Calls {
  readonly socket: (domain: number, type: number, protocol: number) => number;
  readonly sendto: (
    fd: number,
    message: Uint8Array,
    length: number,
    flags: number,
    address: Uint8Array,
    addressLength: number,
  ) => number;
  readonly errno: () => number;
}

interface Koffi {
  load(path: null): {
    func(name: string, result: string, parameters: readonly string[]): (...args: never[]) => number;
  };
  errno(): number;
}

/** Of Linux on x64 and arm64: bits/socket.h. */
const AF_UNIX = 1;
const SOCK_DGRAM = 2;
const SOCK_CLOEXEC = 0o2000000;
const MSG_DONTWAIT = 0x40;
const MSG_NOSIGNAL = 0x4000;
/** `sizeof(sockaddr_un.sun_path)`, unix(7). */
const LONGEST_ADDRESS = 108;

const require = createRequire(import.meta.url);

/** Undefined where there are no such sockets: not on Linux, without the package, or when the process has no descriptor left. */
export function openDatagramSocket(): DatagramSocket | undefined {
  const calls = loadCalls();
  const fd = calls?.socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0) ?? -1;
  if (calls === undefined || fd < 0) return undefined;
  let isOpen = true;
  return {
    send(message, address) {
      const to = socketAddress(address);
      if (to === undefined) return 'EINVAL';
      if (!isOpen) return 'EBADF';
      const flags = MSG_DONTWAIT | MSG_NOSIGNAL;
      const sent = calls.sendto(fd, message, message.length, flags, to, to.length);
      return sent < 0 ? codeOf(calls.errno()) : undefined;
    },
    close() {
      if (!isOpen) return;
      isOpen = false; // also where the close fails: the number may be another file's by then
      closeSync(fd);
    },
  };
}

function loadCalls(): Calls | undefined {
  try {
    const koffi = loadLibrary();
    if (koffi === undefined) return undefined;
    const library = koffi.load(null); // the C library is in every process, whatever its file is called
    return {
      socket: library.func('socket', 'int', ['int', 'int', 'int']),
      sendto: library.func('sendto', 'long', ['int', 'void *', 'size_t', 'int', 'void *', 'uint']),
      errno: () => koffi.errno(),
    } as Calls;
  } catch {
    return undefined; // not installed, or not for this machine
  }
}

function loadLibrary(): Koffi | undefined {
  if (process.platform !== 'linux') return undefined;
  if (process.arch === 'x64') return require('@koromix/koffi-linux-x64') as Koffi;
  return process.arch === 'arm64' ? (require('@koromix/koffi-linux-arm64') as Koffi) : undefined;
}

/** `sockaddr_un`. Undefined: such an address cannot be. */
function socketAddress(address: string): Buffer | undefined {
  const path = Buffer.from(address);
  const isAbstract = address.startsWith('@');
  if ((!isAbstract && !address.startsWith('/')) || path.includes(0)) return undefined;
  if (path.length >= LONGEST_ADDRESS) return undefined;
  if (isAbstract) path[0] = 0;
  const family = Buffer.alloc(2);
  family.writeUInt16LE(AF_UNIX); // both kinds of processor that come here are little endian
  return Buffer.concat(isAbstract ? [family, path] : [family, path, Buffer.alloc(1)]);
}

function codeOf(number: number): string {
  const found = Object.entries(constants.errno).find(([, each]) => each === number);
  return found?.[0] ?? `errno ${number}`;
}
