import type { Config } from './api.js';
import { Excluded } from './excluded.js';
import { Escaped, FullName } from './names.js';
import { OnDisk } from './on-disk.js';
import type { MirrorProps, ViewProps } from './parts.js';
import { momentOf } from './times.js';

/** The settings in force: what the file says, with its line, and the defaults. The page changes none of them. */
export function Configuration(props: ViewProps) {
  const { config, nowMs, zone } = props.model;
  if (config === undefined) return null;
  return (
    <section aria-labelledby="h-configuration">
      <h2 id="h-configuration">
        Configuration <small>as loaded {momentOf(config.loadedAtMs, nowMs, zone)}</small>
      </h2>
      <p class="soft">
        <FullName name={config.file} />
      </p>
      <OnDisk {...props} config={config} />
      <Settings settings={config.settings} without="" />
    </section>
  );
}

/** The settings of one mirror and of its target. */
export function MirrorSettings({ model, mirror }: MirrorProps) {
  const { config, nowMs, zone } = model;
  if (config === undefined) return null;
  return (
    <>
      <p class="soft">
        As loaded {momentOf(config.loadedAtMs, nowMs, zone)}. Settings are changed in the file{' '}
        <FullName name={config.file} />, never on this page.
      </p>
      <Excluded model={model} mirror={mirror} />
      <h2>Mirror {mirror.mirror}</h2>
      <Below config={config} prefix={`mirrors.${mirror.mirror}.`} />
      <h2>Target {mirror.target}</h2>
      <Below config={config} prefix={`targets.${mirror.target}.`} />
    </>
  );
}

function Below({ config, prefix }: { config: Config; prefix: string }) {
  const own = config.settings.filter(({ setting }) => setting.startsWith(prefix));
  return <Settings settings={own} without={prefix} />;
}

/** `without`: what each name begins with, and is not shown. */
function Settings({ settings, without }: { settings: Config['settings']; without: string }) {
  if (settings.length === 0) return <p class="empty">What the file says is not known.</p>;
  return (
    <table class="settings">
      <thead>
        <tr>
          <th scope="col">Setting</th>
          <th scope="col">Value</th>
          <th scope="col">From</th>
        </tr>
      </thead>
      <tbody>
        {settings.map(({ setting, value, at, isDefault }) => (
          <tr key={setting} class={isDefault ? 'soft' : ''}>
            <th scope="row">
              <Escaped text={setting.slice(without.length)} />
            </th>
            <td>
              <code>{value === '' ? '""' : <Escaped text={value} />}</code>
            </td>
            <td class="at">{isDefault ? 'default' : <Escaped text={at ?? 'the file'} />}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
