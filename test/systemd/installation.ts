import { bootHost, type Host } from './host.js';

export const DAEMON = 'longshore.service';
export const ONCE = 'longshore-reconcile.service';
export const TIMER = 'longshore-reconcile.timer';

export const CONFIG = `
state: /var/lib/longshore
targets:
  vault: { driver: local, root: /srv/containers }
mirrors:
  - { name: documents, source: /srv/data, target: vault, container: documents, settle: 50ms }
`;

/** What an administrator would say in a drop-in; `ended` has how the daemon went, also once systemd has forgotten. */
const DROP_IN = `[Service]
ReadWritePaths=/srv/containers
ExecStopPost=/bin/sh -c 'echo $SERVICE_RESULT $EXIT_CODE $EXIT_STATUS >/srv/containers/ended'
`;
const QUICK = '[Service]\nRestartSec=100ms\n';

/** Installed as a package would be, and started by a command on the path; held back while /srv/gate exists. */
const LAUNCHER = `#!/bin/sh
while [ -e /srv/gate ]; do sleep 0.05; done
exec ${process.execPath} /opt/longshore/dist/bundle/main.js "$@"
`;

/** A booted host with the program, its user and its units. */
export async function installHost(): Promise<Host> {
  const host = await bootHost();
  await host.install('/opt/longshore');
  await host.write('/usr/local/bin/longshore', LAUNCHER);
  await host.shell(`
    chmod 755 /usr/local/bin/longshore
    install -D -m 644 /opt/longshore/systemd/longshore.sysusers /etc/sysusers.d/longshore.conf
    systemd-sysusers
    cd /opt/longshore/systemd; install -m 644 *.service *.timer *.socket /etc/systemd/system/`);
  return host;
}

/** Nothing runs, and what a test before has made is gone: one mirror of one file is configured. */
export async function startAfresh(host: Host): Promise<void> {
  await host.shell(`
    rm -f /srv/gate
    systemctl stop longshore.socket '${TIMER}' 'longshore-reconcile@*' ${DAEMON} ${ONCE} 2>&1
    systemctl reset-failed
    rm -rf /srv/* /var/lib/longshore /var/lib/private/longshore /etc/systemd/system/*.d /etc/longshore
    mkdir -p /srv/data/sub && echo hello >/srv/data/sub/a.txt && chmod -R a+rX /srv
    install -d -o longshore /srv/containers`);
  await host.write('/etc/longshore/longshore.yaml', CONFIG);
  await addDropIn(host, DAEMON, DROP_IN + QUICK);
  await addDropIn(host, ONCE, DROP_IN);
}

export async function addDropIn(host: Host, unit: string, content: string): Promise<void> {
  await host.write(`/etc/systemd/system/${unit}.d/${content.length}.conf`, content);
  await host.shell('systemctl daemon-reload');
}

/** Installs one of the drop-ins that come with the program. */
export async function shippedDropIn(host: Host, unit: string, name: string): Promise<void> {
  await host.shell(`
    install -D -m 644 /opt/longshore/systemd/drop-ins/${name}.conf /etc/systemd/system/${unit}.d/${name}.conf
    systemctl daemon-reload`);
}
