import { Module } from '@nestjs/common';
import { EpisodeBook } from './episode-book.js';
import { EpisodeEngine } from './episode-engine.js';
import { LaunchService } from './launch.service.js';
import { PolicyGuard } from './policy-guard.js';
import { ResumeAttempt } from './resume-attempt.js';
import { ResumeSpans } from './resume-spans.js';
import { RunService } from './run.service.js';
import { ControlService } from './control.service.js';
import { SessionTurns } from './session-turns.js';

/** Owns episodes and our own runs, from the stop to the proof. Emits `episode-changed` and `run-ended`. */
@Module({
  providers: [
    ControlService,
    EpisodeBook,
    EpisodeEngine,
    LaunchService,
    PolicyGuard,
    ResumeAttempt,
    ResumeSpans,
    RunService,
    SessionTurns,
  ],
  exports: [ControlService, EpisodeEngine, LaunchService],
})
export class ResumeModule {}
