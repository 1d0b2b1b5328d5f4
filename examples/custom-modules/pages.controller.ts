import { Controller, Get } from '@nestjs/common';
import { OnEpisode, SessionDirectory, type EventOf } from 'palingenesis';

/** A page of your own over what the service knows. */
@Controller('pages')
export class PagesController {
  readonly #saved: string[] = [];

  constructor(private readonly sessions: SessionDirectory) {}

  @OnEpisode('saved')
  onSave({ episode }: EventOf<'episode-changed'>): void {
    this.#saved.push(episode.sessionId);
  }

  @Get()
  show(): object {
    return { sessions: this.sessions.list().map(({ id, agent }) => `${agent}/${id}`), saved: this.#saved };
  }
}
