import 'reflect-metadata';
import { Controller, Get, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';

/** The yardstick: the smallest Nest application of the same versions. */
class Status {
  status() {
    return { state: 'running' };
  }
}
Get('status')(Status.prototype, 'status', Object.getOwnPropertyDescriptor(Status.prototype, 'status'));
Controller('api/v1')(Status);
class App {}
Module({ controllers: [Status] })(App);

const app = await NestFactory.create(App, { logger: false });
await app.listen(0, '127.0.0.1');
console.log(`API at ${await app.getUrl()}`);
