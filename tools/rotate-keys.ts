/**
 * `npm run rotate-keys`: encrypts bank and tax data anew with the newest of PAYEE_KEYS. Safe to repeat and to run while the
 * product runs. Prints how many rows that were: after a 0 the older keys may go.
 */
import 'reflect-metadata';
import { Module, type DynamicModule } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { readEnvironment, type Environment } from '../libs/config/index.js';
import { KeyRotation, PayeesModule } from '../libs/payees/index.js';
import { PlatformModule } from '../libs/platform/index.js';
import { readRunning } from './embedded/running.js';

@Module({})
class RotationModule {
  static forRoot(env: Environment): DynamicModule {
    return { module: RotationModule, imports: [PlatformModule.forRoot(env), PayeesModule] };
  }
}

const env = readEnvironment(process.env['DATABASE_URL'] ? process.env : readRunning().env);
const context = await NestFactory.createApplicationContext(RotationModule.forRoot(env), { logger: ['error'] });
context.enableShutdownHooks();
try {
  const rotated = await context.get(KeyRotation).rotate();
  console.log(`${rotated} rows encrypted anew`);
} finally {
  await context.close();
}
