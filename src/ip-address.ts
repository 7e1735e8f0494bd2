import { BlockList, isIP } from 'node:net';

const LOOPBACK = new BlockList();
LOOPBACK.addSubnet('127.0.0.0', 8, 'ipv4');
LOOPBACK.addAddress('::1', 'ipv6');

/** Whether only programs of the same machine reach this IP address (RFC 1122, section 3.2.1.3; RFC 4291, section 2.5.3). */
export function isLoopback(address: string): boolean {
  return isIn(LOOPBACK, address);
}

/** Whether an IP address is in a list, IPv4 in its IPv6 form (`::ffff:127.0.0.1`) included. False for what is no address. */
export function isIn(list: BlockList, address: string): boolean {
  const plain = address.split('%', 1)[0] ?? '';
  const version = isIP(plain);
  return version !== 0 && list.check(plain, version === 4 ? 'ipv4' : 'ipv6');
}

/** Addresses and networks, as in `192.0.2.7` and `2001:db8::/64`; undefined when one of them is neither. */
export function addressList(written: readonly string[]): BlockList | undefined {
  const list = new BlockList();
  for (const each of written) {
    const [address = '', bits, more] = each.split('/');
    const version = isIP(address);
    const most = version === 4 ? 32 : 128;
    const length = bits === undefined ? most : Number(bits);
    if (version === 0 || more !== undefined) return undefined;
    if (bits === '' || !Number.isInteger(length) || length < 0 || length > most) return undefined;
    list.addSubnet(address, length, version === 4 ? 'ipv4' : 'ipv6');
  }
  return list;
}
