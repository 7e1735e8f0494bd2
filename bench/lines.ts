import { execFileSync } from 'node:child_process';

/** A network namespace whose only way out is a line of a given speed to this machine. */
export interface Line {
  /** The command that runs another one behind the line, with its first arguments. */
  readonly around: readonly string[];
}

/** Lines that end at one address of this machine. */
export interface Lines {
  readonly address: string;
  readonly all: readonly Line[];
  remove(): void;
}

/** Makes so many lines. What is sent from behind each passes at `rate` (of tc: `100mbit`). Needs root, and iproute2. */
export function openLines(count: number, rate: string): Lines {
  const network = process.pid % 256;
  const address = `10.214.${network}.1`;
  const undo: string[] = [];
  const remove = () => {
    for (const words of undo.splice(0).reverse()) quietly(words);
  };
  const make = (words: string, undone: string) => {
    ip(words);
    undo.push(undone);
  };
  try {
    make(`addr add ${address}/32 dev lo`, `addr del ${address}/32 dev lo`);
    const all = Array.from({ length: count }, (_, at): Line => {
      const name = `lsbench-${process.pid}-${at}`;
      const [here, there] = [`lsb${process.pid % 100_000}h${at}`, 'line'];
      const [end, other] = [`10.215.${network}.${4 * at + 1}`, `10.215.${network}.${4 * at + 2}`];
      make(`netns add ${name}`, `netns del ${name}`);
      make(`link add ${here} type veth peer name ${there} netns ${name}`, `link del ${here}`);
      for (const words of [
        ...[`addr add ${end}/30 dev ${here}`, `link set ${here} up`],
        ...[`-n ${name} addr add ${other}/30 dev ${there}`, `-n ${name} link set ${there} up`],
        ...[`-n ${name} link set lo up`, `-n ${name} route add ${address}/32 via ${end}`],
      ])
        ip(words);
      const around = ['ip', 'netns', 'exec', name];
      const shape = `tc qdisc add dev ${there} root tbf rate ${rate} burst 256kb latency 50ms`;
      execFileSync('ip', [...around.slice(1), ...shape.split(' ')]);
      return { around };
    });
    return { address, all, remove };
  } catch (error) {
    remove();
    throw error;
  }
}

function ip(words: string): void {
  execFileSync('ip', words.split(' '), { stdio: ['ignore', 'ignore', 'pipe'] });
}

function quietly(words: string): void {
  try {
    ip(words);
  } catch {
    // It went with another one.
  }
}
