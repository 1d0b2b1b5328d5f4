import type { Config } from '../config/config.js';
import type { Agent } from '../core/ports/agent.js';
import type { LocalProbe } from '../core/ports/local-probe.js';
import { fail, ok, warn, type Finding } from './finding.js';

/** Whether each agent that is switched on can be started and has a login. */
export async function checkAgents(
  agents: readonly Agent[],
  config: Config,
  probe: LocalProbe,
): Promise<Finding[]> {
  const on = agents.filter(({ id }) => config.agent(id).enabled);
  const findings = await Promise.all(on.map((agent) => checkAgent(agent, config, probe)));
  const isOneThere = findings
    .flat()
    .some(({ status, subject }) => status === 'ok' && !subject.includes('login'));
  const none = fail('agents', 'none is installed', 'install one, or set agents.<id>.command to where it is');
  return [...findings.flat(), ...(isOneThere ? [] : [none])];
}

async function checkAgent(agent: Agent, config: Config, probe: LocalProbe): Promise<Finding[]> {
  const { command } = config.agent(agent.id);
  const homes = await existing(agent.configuredHomes(), probe);
  const state = await probe.tryProgram(command, config.resume.versionTimeoutS * 1000);
  if (state.kind === 'fails')
    return [
      fail(agent.id, `${state.path} does not run: ${state.why}`, `run it by hand: ${state.path} --version`),
    ];
  if (state.kind === 'missing') return [missing(agent.id, command, homes)];
  const version = state.kind === 'runs' ? (state.version ?? '') : '';
  const logins = await Promise.all(homes.map((home) => checkLogin(agent, home, probe)));
  return [ok(agent.id, `${version} (${state.path})`.trim()), ...logins.flat()];
}

/** Who has a home for it has used it. */
function missing(id: string, command: string, homes: readonly string[]): Finding {
  const advice = `install it, set agents.${id}.command, or switch it off: agents.${id}.enabled = false`;
  const what = `no program "${command}" in the PATH`;
  return homes.length > 0
    ? fail(id, `${what}, and there are sessions in ${homes.join(', ')}`, advice)
    : warn(id, what, advice);
}

async function checkLogin(agent: Agent, home: string, probe: LocalProbe): Promise<Finding[]> {
  const signs = agent.loginSigns(home);
  const subject = `${agent.id} login`;
  if (signs === undefined) return [];
  const variable = signs.variables.find((name) => probe.isSet(name));
  if (variable !== undefined) return [ok(subject, `by ${variable}`)];
  for (const { path, says } of signs.files)
    if (says.test((await probe.textOf(path)) ?? '')) return [ok(subject, `in ${path}`)];
  return [
    warn(
      subject,
      `none found in ${home}`,
      'start the agent once and log in, where its login is not elsewhere',
    ),
  ];
}

async function existing(homes: readonly string[], probe: LocalProbe): Promise<string[]> {
  const areThere = await Promise.all(homes.map((home) => probe.isFolder(home)));
  return homes.filter((_, index) => areThere[index]);
}
