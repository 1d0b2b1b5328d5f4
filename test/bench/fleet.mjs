import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { MOULDS, linesOf } from './moulds.mjs';
import { OpenCodeRows } from './opencode-rows.mjs';

const PROJECTS = 25;
/** Node cannot lock a file. */
const LOCK_ALL = `use Fcntl qw(:flock); my @held; $| = 1;
  for (@ARGV) { open(my $file, '>', $_) or die; flock($file, LOCK_EX) or die; push @held, $file }
  print "held\n"; <STDIN>;`;
/** A process of Gemini CLI holds the sessions of its folder: few folders, few processes. */
const HELD_BY_FOLDER = { 'gemini-cli': 2 };

function projectsOf(agent, dir) {
  return Array.from({ length: HELD_BY_FOLDER[agent] ?? PROJECTS }, (_, n) => join(dir, `project-${n}`));
}

/** Where the agents keep their sessions below a folder, as settings of the service. */
export function homesIn(dir) {
  const homes = {
    'claude-code': join(dir, '.claude'),
    codex: join(dir, '.codex'),
    'gemini-cli': join(dir, '.gemini'),
    opencode: join(dir, '.local/share/opencode'),
  };
  const settings = Object.entries(homes).map(([agent, home]) => [`agents.${agent}.home`, home]);
  return { homes, settings: Object.fromEntries(settings) };
}

/** Sessions of all four agents at work, each held by a live process. */
export class Fleet {
  sessions = [];
  #holders = [];
  #rows;

  /** `counts`: how many sessions of each agent. */
  static async start(dir, counts) {
    const fleet = new Fleet();
    const { homes, settings } = homesIn(dir);
    fleet.settings = settings;
    // Whoever was not there when a session changed last does not hold it.
    await fleet.#run('opencode', dir, [dir]);
    await fleet.#run('gemini', dir, projectsOf('gemini-cli', dir));
    for (const [agent, count] of Object.entries(counts)) fleet.#add(agent, homes[agent], dir, count);
    fleet.#rows = new OpenCodeRows(homes.opencode, fleet.of('opencode'));
    await fleet.#hold(dir, homes);
    return fleet;
  }

  of(agent) {
    return this.sessions.filter((session) => session.agent === agent);
  }

  /** The agent goes on; gives how many bytes that took. */
  work(session, n = 0) {
    if (session.agent === 'opencode') return this.#rows.work(session, 'at work '.repeat(50));
    const lines = linesOf(MOULDS[session.agent], session, MOULDS[session.agent].work(n));
    appendFileSync(session.path, lines);
    return lines.length;
  }

  /** The session meets a limit that lifts at `resetAtS`; gives the instant that was on disk. */
  stop(session, resetAtS) {
    if (session.agent === 'opencode') this.#rows.stop(session);
    else
      appendFileSync(
        session.path,
        linesOf(MOULDS[session.agent], session, MOULDS[session.agent].stop(resetAtS)),
      );
    return Date.now();
  }

  async close() {
    this.#rows.close();
    const running = this.#holders.filter(
      ({ exitCode, signalCode }) => exitCode === null && signalCode === null,
    );
    const ends = running.map((child) => once(child, 'exit'));
    for (const child of running) child.kill();
    await Promise.all(ends);
  }

  #add(agent, home, dir, count) {
    for (let n = 0; n < count; n += 1) {
      const cwds = projectsOf(agent, dir);
      const cwd = cwds[n % cwds.length];
      const session = {
        agent,
        id: randomUUID(),
        project: basename(cwd),
        cwd,
        day: new Date().toISOString().slice(0, 10),
      };
      mkdirSync(session.cwd, { recursive: true });
      this.sessions.push(session);
      if (agent === 'opencode') continue;
      session.path = MOULDS[agent].pathOf(home, session);
      mkdirSync(dirname(session.path), { recursive: true });
      writeFileSync(session.path, linesOf(MOULDS[agent], session, MOULDS[agent].begin));
    }
  }

  /** Claims and locks of processes that live. */
  async #hold(dir, homes) {
    const [claims, locks] = [
      join(homes['claude-code'], 'sessions'),
      join(homes.codex, 'thread-writer-locks'),
    ];
    for (const folder of [claims, locks]) mkdirSync(folder, { recursive: true });
    for (const [n, { id }] of this.of('claude-code').entries())
      writeFileSync(join(claims, `${n}.json`), JSON.stringify({ pid: process.pid, sessionId: id }));
    const files = this.of('codex').map(({ id }) => join(locks, `${id}.lock`));
    await this.#spawn('perl', ['-e', LOCK_ALL, ...files], dir);
  }

  /** Processes that look like those of an agent of this home. */
  async #run(name, home, cwds) {
    writeFileSync(join(home, name), 'echo held; read _');
    for (const cwd of cwds) {
      mkdirSync(cwd, { recursive: true });
      await this.#spawn('sh', [join(home, name), 'serve'], cwd, { HOME: home, PATH: process.env.PATH });
    }
  }

  async #spawn(file, args, cwd, env = process.env) {
    const child = spawn(file, args, { cwd, env, stdio: ['pipe', 'pipe', 'inherit'] });
    this.#holders.push(child);
    await once(child.stdout, 'data');
  }
}
