import 'reflect-metadata';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { PalingenesisModule } from 'palingenesis';
import { NotebookChannel } from './notebook.channel.js';
import { PagesController } from './pages.controller.js';
import { RecapStrategy } from './recap.strategy.js';
import { ScribeAgent } from './scribe.agent.js';

/** All that is your own: where it is imported, it is found. */
@Module({ controllers: [PagesController], providers: [ScribeAgent, RecapStrategy, NotebookChannel] })
class ScribeModule {}

@Module({
  imports: [PalingenesisModule.forRoot({ settings: { resume: { prompt: 'the next page' } } }), ScribeModule],
})
class AppModule {}

const app = await NestFactory.create(AppModule, { forceCloseConnections: true });
app.enableShutdownHooks();
await app.listen(process.env['PORT'] ?? 3000, '127.0.0.1');
console.log(`listening on ${await app.getUrl()}`);
