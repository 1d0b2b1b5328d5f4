import { existsSync } from 'node:fs';
import type { Agent, HomeLayout } from '../core/ports/agent.js';
import { FolderWatch } from '../platform/folder-watch.js';

export type HomeListener = Readonly<{
  onTranscript: (home: HomeWatch, path: string) => void;
  onClaim: (home: HomeWatch, path: string) => void;
}>;

/** One home of one agent: its session files and the claims of live processes. */
export class HomeWatch {
  readonly #transcripts: FolderWatch;
  readonly #claims: FolderWatch;

  /** False while this home keeps no claims: then nobody can tell whether a process is gone. */
  keepsClaims = false;

  constructor(
    readonly agent: Agent,
    readonly layout: HomeLayout,
    listener: HomeListener,
  ) {
    const { transcripts, claims } = layout;
    this.#transcripts = new FolderWatch(transcripts.path, {
      depth: transcripts.depth,
      onFile: (path) => listener.onTranscript(this, path),
    });
    this.#claims = new FolderWatch(claims.path, {
      depth: claims.depth,
      onFile: (path) => {
        this.keepsClaims = true;
        listener.onClaim(this, path);
      },
    });
  }

  listTranscripts(): Promise<readonly string[]> {
    return this.#transcripts.scan();
  }

  listClaims(): Promise<readonly string[]> {
    this.keepsClaims = existsSync(this.layout.claims.path);
    return this.#claims.scan();
  }

  close(): void {
    this.#transcripts.close();
    this.#claims.close();
  }
}
