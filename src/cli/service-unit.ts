import { join } from 'node:path';

/** What runs in the background, and where. */
export type Background = Readonly<{
  node: string;
  bin: string;
  /** Settings flags, as `start` takes them. */
  flags: readonly string[];
  home: string;
  /** Agents are looked for along it, and a service manager has one of its own. */
  path: string;
  uid: number;
}>;

/** How a service manager is told of it. Each command is a program and its arguments. */
export type ServiceUnit = Readonly<{
  file: string;
  text: string;
  install: readonly (readonly string[])[];
  uninstall: readonly (readonly string[])[];
  status: readonly string[];
}>;

const NAME = 'palingenesis';
const LABEL = 'dev.palingenesis.service';

export function serviceUnitFor(platform: string, background: Background): ServiceUnit | undefined {
  if (platform === 'linux') return systemdUnit(background);
  return platform === 'darwin' ? launchAgent(background) : undefined;
}

function systemdUnit({ node, bin, flags, home, path }: Background): ServiceUnit {
  const command = [node, '--max-semi-space-size=2', bin, 'start', ...flags].map(quoted).join(' ');
  const unit = `${NAME}.service`;
  return {
    file: join(home, '.config/systemd/user', unit),
    // Runs of ours outlive the service, so only its own process is ended; settings that are wrong stay wrong.
    text: `[Unit]
Description=Palingenesis keeps AI coding agents at work
After=network-online.target

[Service]
Type=exec
ExecStart=${command}
ExecReload=/bin/kill -HUP $MAINPID
Environment=${quoted(`PATH=${path}`)}
Restart=on-failure
RestartSec=5
RestartPreventExitStatus=2
KillMode=process
TimeoutStopSec=10
UMask=0077

[Install]
WantedBy=default.target
`,
    install: [systemctl('daemon-reload'), systemctl('enable', '--now', unit)],
    uninstall: [systemctl('disable', '--now', unit)],
    status: systemctl('is-active', unit),
  };
}

const systemctl = (...words: string[]): string[] => ['systemctl', '--user', ...words];

/** As systemd reads it: `%` and `$` are its own. */
function quoted(word: string): string {
  const escaped = word.replaceAll(/["\\]/g, '\\$&').replaceAll('%', '%%').replaceAll('$', '$$$$');
  return /[\s"'\\;]/.test(word) ? `"${escaped}"` : escaped;
}

function launchAgent({ node, bin, flags, home, path, uid }: Background): ServiceUnit {
  const file = join(home, 'Library/LaunchAgents', `${LABEL}.plist`);
  const words = [node, '--max-semi-space-size=2', bin, 'start', ...flags];
  return {
    file,
    text: `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0">
<dict>
  <key>Label</key><string>${LABEL}</string>
  <key>ProgramArguments</key>
  <array>
${words.map((word) => `    <string>${inXml(word)}</string>`).join('\n')}
  </array>
  <key>EnvironmentVariables</key><dict><key>PATH</key><string>${inXml(path)}</string></dict>
  <key>RunAtLoad</key><true/>
  <key>KeepAlive</key><dict><key>SuccessfulExit</key><false/></dict>
  <key>AbandonProcessGroup</key><true/>
  <key>Umask</key><integer>63</integer>
</dict>
</plist>
`,
    install: [['launchctl', 'bootstrap', `gui/${uid}`, file]],
    uninstall: [['launchctl', 'bootout', `gui/${uid}/${LABEL}`]],
    status: ['launchctl', 'print', `gui/${uid}/${LABEL}`],
  };
}

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' };

function inXml(text: string): string {
  return text.replaceAll(/[&<>]/g, (sign) => ENTITIES[sign] ?? sign);
}
