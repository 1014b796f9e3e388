import { Global, Injectable, Module, type DynamicModule } from '@nestjs/common';
import { AuditLog } from '../audit/index.js';
import type { Environment } from '../config/index.js';
import { Database } from '../database/index.js';
import { Clock, SystemClock } from '../kernel/clock.js';
import { Keyring } from '../kernel/keyring.js';
import { Outbox } from '../outbox/index.js';
import { CapabilityLinks } from './capability-links.js';

/** The validated environment as something to inject. */
export abstract class Settings {
  abstract readonly env: Environment;
}

/** The address under which people reach the API, without a slash at its end; links in mails begin with it. */
export function publicUrl(env: Environment): string {
  return (env.PUBLIC_URL ?? `http://${env.HOST}:${env.PORT}`).replace(/\/+$/, '');
}

/** What every capability stands on: settings, clock, database, keys, links, audit and outbox. */
@Global()
@Module({})
export class PlatformModule {
  static forRoot(env: Environment, clock: Clock = new SystemClock()): DynamicModule {
    return {
      module: PlatformModule,
      providers: [
        { provide: Settings, useValue: { env } },
        { provide: Clock, useValue: clock },
        { provide: Database, useFactory: () => Database.connect(env.DATABASE_URL, env.DATABASE_POOL_SIZE) },
        { provide: Keyring, useFactory: () => Keyring.parse(env.ENCRYPTION_KEYS) },
        { provide: CapabilityLinks, useFactory: () => new CapabilityLinks(env.LINK_SECRET) },
        AuditLog,
        Outbox,
        DatabaseCloser,
      ],
      exports: [Settings, Clock, Database, Keyring, CapabilityLinks, AuditLog, Outbox],
    };
  }
}

/** Closes the pool when the process shuts down in order, after everything that used it. */
@Injectable()
class DatabaseCloser {
  constructor(private readonly database: Database) {}

  onApplicationShutdown(): Promise<void> {
    return this.database.close();
  }
}
